// `millrace models` and its verbs (control path).
import { resolve } from 'node:path';
import { PROBE_BUDGET_MAX, PROBE_NEWEST_MAX, PROBE_ROWS_MAX } from '../../core/model-limits.ts';
import { PRINTED_COUNT_MAX } from '../../core/process-limits.ts';
import { probeGoals } from '../../core/probe-report.ts';
import { columnNames, finiteNumber, share, text, whole, word } from '../cli/flags.ts';
import { configuredVerb, defaulted, valued, type Verb, verb, verbGroup } from '../cli/verb.ts';
import { at, DATA } from './data-option.ts';
import { exporting, importing } from './exchange-models.ts';
import { JSON_OUTPUT, VERSION, WAIT } from './model-options.ts';
import { gc } from './models/gc.ts';
import { TARGET, TOPOLOGY_FILE } from './topology-file.ts';

const list = configuredVerb({
  name: 'list',
  description: 'List all versions, oldest first',
  arguments: { topology: TOPOLOGY_FILE },
  options: { target: TARGET, data: DATA, json: JSON_OUTPUT },
  examples: ['millrace models list topologies/flights.ts'],
  async action({ topology: file, target, data, json }, config) {
    const { listModels } = await import('./models/show-models.ts');
    await listModels({ file, target }, at(config, data), json);
  },
});

const show = configuredVerb({
  name: 'show',
  description: 'Show everything about one version',
  arguments: { topology: TOPOLOGY_FILE, version: VERSION },
  options: { target: TARGET, data: DATA, json: JSON_OUTPUT },
  examples: ['millrace models show topologies/flights.ts v3 --json'],
  async action({ topology: file, target, version, data, json }, config) {
    const { showModel } = await import('./models/show-models.ts');
    await showModel({ file, target }, version, at(config, data), json);
  },
});

const promote = configuredVerb({
  name: 'promote',
  description: 'Make a version the champion',
  arguments: { topology: TOPOLOGY_FILE, version: VERSION },
  options: { target: TARGET, data: DATA, wait: WAIT },
  examples: ['millrace models promote topologies/flights.ts v2'],
  async action({ topology: file, target, version, data, wait }, config) {
    const { promoteModel } = await import('./models/change-champion.ts');
    await promoteModel({ file, target }, version, at(config, data), { waitMs: wait });
  },
});

const rollback = configuredVerb({
  name: 'rollback',
  description: 'Make the previous champion the champion again',
  arguments: { topology: TOPOLOGY_FILE },
  options: { target: TARGET, data: DATA, wait: WAIT },
  examples: ['millrace models rollback topologies/flights.ts'],
  async action({ topology: file, target, data, wait }, config) {
    const { rollBackModel } = await import('./models/change-champion.ts');
    await rollBackModel({ file, target }, at(config, data), { waitMs: wait });
  },
});

const verify = configuredVerb({
  name: 'verify',
  description: 'Check versions as engines do before they take one',
  arguments: {
    topology: TOPOLOGY_FILE,
    version: { ...VERSION, description: `${VERSION.description}; all versions by default`, optional: true },
  },
  options: { target: TARGET, data: DATA, json: JSON_OUTPUT },
  notes: `The checks: the bytes have the manifest's SHA-256, one of MILLRACE_MODEL_KEYS has signed the manifest (without that setting none needs to), task and features are those of the topology, the file is self-contained and runs operators of ONNX alone, and in a process of its own it loads and scores the golden batch within bounds of processor time and memory. The command prints a line for each version, \`ok\` or the reason why engines refuse it. Exit code 0: all are ok. 1: engines would refuse at least one.`,
  examples: [
    'millrace models verify topologies/flights.ts',
    'MILLRACE_MODEL_KEYS=model-key.pem millrace models verify topologies/flights.ts v2 --json',
  ],
  async action({ topology: file, target, version, data, json }, config) {
    const { verifyModels } = await import('./models/verify-models.ts');
    await verifyModels({ file, target }, version, at(config, data), json);
  },
});

const sign = configuredVerb({
  name: 'sign',
  description: 'Check a version and sign its manifest with MILLRACE_MODEL_SIGNING_KEY',
  arguments: { topology: TOPOLOGY_FILE, version: VERSION },
  options: { target: TARGET, data: DATA },
  notes:
    'For versions that were trained without a key, or whose key has been replaced. Promote the version afterwards: engines read the signature from the update.',
  examples: ['MILLRACE_MODEL_SIGNING_KEY_FILE=key.pem millrace models sign topologies/flights.ts v2'],
  async action({ topology: file, target, version, data }, config) {
    const { signModel } = await import('./models/sign-model.ts');
    await signModel({ file, target }, version, at(config, data));
  },
});

const probe = configuredVerb({
  name: 'probe',
  description: 'Find out how far small changes of the inputs move the score of a version',
  arguments: { topology: TOPOLOGY_FILE, version: VERSION },
  options: {
    target: TARGET,
    data: DATA,
    columns: valued(
      '--columns <names>',
      'columns that the sender of an event chooses, separated by commas (default: all that enter features, but keys, event time and labels)',
      columnNames,
    ),
    output: valued(
      '--output <name>',
      'the class or quantile whose score is probed, for a task with several outputs (default: the value)',
      text,
    ),
    goal: defaulted(
      '--goal <goal>',
      'the score that the sender wants: lower or raise',
      word(probeGoals),
      'lower',
    ),
    threshold: valued(
      '--threshold <score>',
      'score from which on a decision is another one (default: 0.5, or the median where scores are no probabilities)',
      finiteNumber,
    ),
    step: defaulted(
      '--step <share>',
      'length of a step, as a share of the distance between the first and the last decile',
      share,
      '0.1',
    ),
    budget: defaulted(
      '--budget <count>',
      'inputs that the greedy attack may change',
      whole(1, PROBE_BUDGET_MAX),
      '3',
    ),
    rows: defaulted('--rows <count>', 'logged vectors to change', whole(1, PROBE_ROWS_MAX), '512'),
    newest: defaulted(
      '--newest <count>',
      'the newest logged vectors, of which those are drawn',
      whole(1, PROBE_NEWEST_MAX),
      '20000',
    ),
    seed: defaulted('--seed <number>', 'of the draw', whole(0, PRINTED_COUNT_MAX), '1'),
    json: JSON_OUTPUT,
  },
  notes: `Logged vectors are changed one input at a time, up and down by a step, or to another category, within what the contract and the types of the columns allow; whole numbers stay whole. What results is scored where models are tried, within bounds of time and memory. An input is set by the event, or by a window over events, of which the sender's own are part. The attack changes what the event sets: by the sign of the gradient (FGSM), and greedily. The report is stored with the version, where \`millrace models show\` prints it, and the audit log has its figures. An embedded history is read while no engine uses the data folder.`,
  examples: [
    'millrace models probe topologies/payments.ts v3',
    'millrace models probe topologies/payments.ts v3 --columns amount,merchant --threshold 0.2 --json',
  ],
  async action({ topology: file, target, version, data, json, ...options }, config) {
    const { probeModel } = await import('./models/probe-model.ts');
    await probeModel({ file, target }, version, at(config, data), options, json);
  },
});

const keygen = verb({
  name: 'keygen',
  description: 'Create a pair of keys for the signatures of models',
  arguments: {},
  options: { out: defaulted('--out <folder>', 'folder of the two files, which must not exist', text, '.') },
  examples: ['millrace models keygen --out /etc/millrace'],
  async action({ out }) {
    const { generateKeys } = await import('./models/sign-model.ts');
    await generateKeys(resolve(out));
  },
});

export const models: Verb = verbGroup({
  name: 'models',
  description: 'List, show, import, export, verify, probe, sign, promote and roll back models',
  notes: `A promotion is an event on the topology's model-updates topic: every engine applies it at its next barrier, and a partition without events at once. The command waits until every partition has taken the model, and ends with exit code 1 if one has not, or if an engine refuses it.`,
  examples: [
    'millrace models list topologies/flights.ts --data .millrace/demo',
    'millrace models promote topologies/flights.ts v2 --data .millrace/demo',
  ],
  verbs: [list, show, importing, exporting, verify, probe, promote, rollback, sign, gc, keygen],
});
