// `millrace models` and its verbs (control path).
import { resolve } from 'node:path';
import { seconds, text } from '../cli/flags.ts';
import { configuredVerb, toggle, valued, type Verb, verbGroup } from '../cli/verb.ts';
import type { Config } from '../settings/config.ts';
import { TOPOLOGY_FILE } from './topology-file.ts';

const VERSION = { description: 'version of the model, for example v2' } as const;
const DATA = valued('--data <folder>', 'data folder of the engine (default: MILLRACE_DATA)', text);
const WAIT = valued(
  '--wait <seconds>',
  'how long to wait until every partition has taken the model; 0 does not wait (default: MILLRACE_PROMOTION_WAIT_MS)',
  seconds,
);
const JSON_OUTPUT = toggle('--json', 'print JSON');

function at(config: Config, data: string | undefined): Config {
  return data === undefined ? config : { ...config, dataFolder: resolve(data) };
}

const list = configuredVerb({
  name: 'list',
  description: 'List all versions, oldest first',
  arguments: { topology: TOPOLOGY_FILE },
  options: { data: DATA, json: JSON_OUTPUT },
  examples: ['millrace models list topologies/flights.ts'],
  async action({ topology, data, json }, config) {
    const { listModels } = await import('./models/show-models.ts');
    await listModels(topology, at(config, data), json);
  },
});

const show = configuredVerb({
  name: 'show',
  description: 'Show everything about one version',
  arguments: { topology: TOPOLOGY_FILE, version: VERSION },
  options: { data: DATA, json: JSON_OUTPUT },
  examples: ['millrace models show topologies/flights.ts v3 --json'],
  async action({ topology, version, data, json }, config) {
    const { showModel } = await import('./models/show-models.ts');
    await showModel(topology, version, at(config, data), json);
  },
});

const promote = configuredVerb({
  name: 'promote',
  description: 'Make a version the champion',
  arguments: { topology: TOPOLOGY_FILE, version: VERSION },
  options: { data: DATA, wait: WAIT },
  examples: ['millrace models promote topologies/flights.ts v2'],
  async action({ topology, version, data, wait }, config) {
    const { promoteModel } = await import('./models/change-champion.ts');
    await promoteModel(topology, version, at(config, data), { waitMs: wait });
  },
});

const rollback = configuredVerb({
  name: 'rollback',
  description: 'Make the previous champion the champion again',
  arguments: { topology: TOPOLOGY_FILE },
  options: { data: DATA, wait: WAIT },
  examples: ['millrace models rollback topologies/flights.ts'],
  async action({ topology, data, wait }, config) {
    const { rollBackModel } = await import('./models/change-champion.ts');
    await rollBackModel(topology, at(config, data), { waitMs: wait });
  },
});

export const models: Verb = verbGroup({
  name: 'models',
  description: 'List, show, promote and roll back models',
  notes: `A promotion is an event on the topology's model-updates topic: every engine applies it at its next barrier, and a partition without events at once. The command waits until every partition has taken the model, and ends with exit code 1 if one has not, or if an engine refuses it.`,
  examples: [
    'millrace models list topologies/flights.ts --data .millrace/demo',
    'millrace models promote topologies/flights.ts v2 --data .millrace/demo',
  ],
  verbs: [list, show, promote, rollback],
});
