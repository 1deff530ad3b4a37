// `millrace models import`: models that other tools exported become versions of a topology that trains nothing.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { FileModelRegistry } from '../../../src/adapters/registry/file-model-registry.ts';
import type { ModelManifest } from '../../../src/core/reports.ts';
import type { ModelImport } from '../../../src/learning/imported/model-import.ts';
import { commandsOf, shellBlock } from '../../docs/pages.ts';
import { millrace } from '../../support/cli.ts';
import { exportedModels, writeScoringTopology } from '../../support/exported-models.ts';

/** Several processes, on a machine that is busy. */
t.setTimeout(180_000);

const folder = mkdtempSync(join(tmpdir(), 'millrace-import-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }));
const TOPOLOGY = writeScoringTopology(folder, 'payments');
const settings = { MILLRACE_DATA: join(folder, 'data') };
const registry = new FileModelRegistry(join(folder, 'data', 'models'));

function fileOf(name: string): string {
  return join(import.meta.dirname, '../../vectors/models', `${name}.onnx`);
}

/** Rows of a model with its scores as `--examples` takes them. */
function examplesOf(name: string, change = 0): string {
  const model = exportedModels().find((one) => one.name === name);
  if (model === undefined) throw new Error(`there is no model ${name}`);
  const file = join(folder, `${name}.csv`);
  const names = model.features.map((feature) => feature.name.replace('card.', ''));
  const lines = model.rows.map((row, i) => [...row, (model.expected[i]?.[0] ?? 0) + change].join(','));
  writeFileSync(file, `${[[...names, 'score'].join(','), ...lines].join('\n')}\n`);
  return file;
}

t.test('as the guide says', async (t) => {
  const map = join(folder, 'map.json');
  writeFileSync(map, JSON.stringify(['amount', 'age']));
  const given: Record<string, string> = {
    'fraud.onnx': fileOf('lightgbm-binary'),
    'topologies/payments.ts': TOPOLOGY,
    'rows.csv': examplesOf('lightgbm-binary'),
    'map.json': map,
  };
  const [command = ''] = commandsOf(shellBlock('docs/guide/models.md', 'Import a model'));
  const [, , ...words] = command.split(' ').map((word) => given[word] ?? word);
  const { code, stdout, stderr } = await millrace(
    [...words, '--task', 'binary', '--version', 'fraud-1', '--json'],
    settings,
  );
  t.equal(code, 0, stderr);
  const imported = JSON.parse(stdout) as ModelImport;
  t.match(imported, {
    topology: 'payments',
    version: 'fraud-1',
    order: 'by the map',
    examples: { rows: 12 },
  });
  const { manifest } = await registry.load('payments', 'fraud-1');
  const expected: Partial<ModelManifest> = {
    status: 'candidate',
    task: 'binary',
    reason: 'imported',
    sha256: imported.sha256,
  };
  t.match(manifest, expected);
  t.match(manifest.environment, {
    producer: 'OnnxMLTools 1.16.0',
    opsets: 'ai.onnx 9, ai.onnx.ml 1',
    sourceSha256: /^[0-9a-f]{64}$/,
  });
});

t.test('named inputs need no map; --promote makes it the champion', async (t) => {
  const { code, stdout, stderr } = await millrace(
    [
      'models',
      'import',
      fileOf('sklearn-strict'),
      '--topology',
      TOPOLOGY,
      '--task',
      'binary',
      '--examples',
      examplesOf('sklearn-strict'),
      '--promote',
    ],
    settings,
  );
  t.equal(code, 0, stderr);
  t.match(
    stdout,
    /^payments: sklearn-strict-[0-9a-f]{8} is a candidate\.\nfeatures   by the names of the inputs\n/,
  );
  t.match(stdout, /promoted sklearn-strict-[0-9a-f]{8}\. No engine runs: /);
  const audit = await millrace(['audit', 'list', TOPOLOGY], settings);
  t.match(
    audit.stdout,
    /import +model fraud-1[^]*import +model sklearn-strict[^]*promotion +model sklearn-strict/,
  );
});

t.test('what is refused registers nothing', async (t) => {
  const words = ['models', 'import', fileOf('sklearn-columns'), '--topology', TOPOLOGY, '--task', 'binary'];
  const wrong = await millrace([...words, '--examples', examplesOf('sklearn-columns', 0.001)], settings);
  t.equal(wrong.code, 1);
  t.match(
    wrong.stderr,
    /^millrace: MODEL_INVALID: the example of row 2 does not hold: the model gives 0\.\d+, not 0\.\d+/m,
  );
  const trained = await millrace([...words, '--version', 'v7'], settings);
  t.match(trained.stderr, /^millrace: MODEL_INVALID: versions that are trained have names such as v7/m);
  const again = await millrace([...words, '--version', 'fraud-1'], settings);
  t.match(again.stderr, /^millrace: MODEL_INVALID: there is a version fraud-1 already/m);
  t.equal((await registry.list('payments')).length, 2);
});

t.test('a model of three classes, in the order of the task', async (t) => {
  const file = join(folder, 'trips.ts');
  writeFileSync(
    file,
    `import { defineTopology, double, features, labels, minutes, multiclass, numeric, score, source, string, timestamp } from '${join(import.meta.dirname, '../../../src/index.ts')}';
const trips = source('trips', { schema: { id: string, amount: double, age: double, country: string, at: timestamp }, eventTime: 'at' });
const task = multiclass({ column: 'country', classes: ['US', 'DE', 'FR'] });
export default defineTopology(trips, { name: 'trips', stages: [features({ fields: { amount: numeric('amount'), age: numeric('age') } }), score({ key: 'id' }), labels({ key: 'id', task, timeoutMs: minutes(5) })] });
`,
  );
  const model = exportedModels().find(({ name }) => name === 'sklearn-classes');
  const rows = model?.rows.map(([amount, age], i) =>
    JSON.stringify({ amount, age, score: model.expected[i] }),
  );
  const examples = join(folder, 'classes.jsonl');
  writeFileSync(examples, rows?.join('\n') ?? '');
  const words = ['models', 'import', fileOf('sklearn-classes'), '--topology', file, '--examples', examples];
  const { code, stderr } = await millrace([...words, '--version', 'three', '--promote'], settings);
  t.equal(code, 0, stderr);
  const { manifest } = await registry.load('trips', 'three');
  t.match(manifest, { task: 'multiclass', classes: ['US', 'DE', 'FR'] });
});
