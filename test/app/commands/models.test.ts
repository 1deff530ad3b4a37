// `millrace models` on a registry folder: its output, and the event that a promotion publishes.
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { AvroCodec } from '../../../src/adapters/avro/codec.ts';
import { ProjectSchemas } from '../../../src/adapters/schemas/project-schemas.ts';
import { EmbeddedLog } from '../../../src/adapters/embedded/log.ts';
import { FileModelRegistry } from '../../../src/adapters/registry/file-model-registry.ts';
import type { ModelManifest } from '../../../src/core/reports.ts';
import { GraphBuilder } from '../../../src/learning/graph-builder.ts';
import type { ModelUpdateRecord } from '../../../src/runtime/records.ts';
import flights from '../../../topologies/flights.ts';
import { millrace } from '../../support/cli.ts';
import { NO_REFERENCE } from '../../../src/stats/drift-reference.ts';

const FLIGHTS = 'topologies/flights.ts';
const folder = mkdtempSync(join(tmpdir(), 'millrace-models-'));
t.teardown(() => rmSync(folder, { recursive: true }));
const DATA = ['--data', folder];

const { retraining } = flights;
if (retraining === undefined) throw new Error('the demo retrains');
const { gate } = retraining;
const [trainer = { name: 'none', params: {} }] = retraining.trainers;
const specs = flights.features?.features ?? [];

/** One graph for each version: its name is in the bytes. */
function model(version: string): Buffer {
  const graph = new GraphBuilder(version);
  const x = graph.input('features', 'float32', ['rows', specs.length]);
  graph.output('score', graph.op('ReduceMax', [x, graph.ints([1])], { keepdims: { int: 0 } }), 'float32', [
    'rows',
  ]);
  return Buffer.from(graph.build());
}

const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

function manifest(version: string, status: ModelManifest['status'], parent: string | null): ModelManifest {
  const candidate = { n: 400, logLoss: 0.51234, auc: 0.70009 };
  return {
    topology: 'flights',
    version,
    status,
    parent,
    createdMs: Number(version.slice(1)),
    trainedAtMs: Date.UTC(2013, 1, 1),
    reason: `volume for ${version}`,
    why: 'better than the champion',
    interval: { fromMs: Date.UTC(2013, 0, 1), toMs: Date.UTC(2013, 0, 31) },
    rows: { train: 1_000, validation: 200, gate: 400 },
    metrics: { candidate, champion: null },
    task: 'binary',
    trainer: { name: trainer.name, params: trainer.params },
    gate,
    newestRowMs: Date.UTC(2013, 0, 31),
    features: specs,
    environment: { node: 'v24' },
    sha256: hashOf(model(version)),
    seconds: 1.5,
    reference: NO_REFERENCE,
  };
}

const registry = new FileModelRegistry(join(folder, 'models'));

/** Champions in the order of their events, as an engine in another process reads them. */
async function updates(): Promise<Array<{ version: string; model: string; reason: string }>> {
  const log = new EmbeddedLog({ path: join(folder, 'log.db') });
  const file = join(folder, 'schema-registry.json');
  const codec = new AvroCodec(
    new ProjectSchemas({ registry: { url: null, file }, schemaFolders: ['schemas'] }),
  );
  const topic = 'flights.model-updates';
  const decoder = await codec.decoder<ModelUpdateRecord>(`${topic}-value`);
  const found: Array<{ version: string; model: string; reason: string }> = [];
  for await (const raw of log.read(topic, 0, 0, Number.MAX_SAFE_INTEGER)) {
    for (const value of raw.values) {
      const update = await decoder.decode(value as Buffer);
      if (update.status === 'champion')
        found.push({ version: update.version, model: hashOf(update.model), reason: update.reason });
    }
  }
  await codec.close();
  await log.close();
  return found;
}

t.test('a registry without models says where it looked', async (t) => {
  const { code, stderr } = await millrace(['models', 'list', FLIGHTS, ...DATA]);
  t.equal(code, 1);
  t.match(stderr, /^millrace: MODEL_UNKNOWN: the registry holds no model yet \(flights in .*\)\..*--data/);
});

t.test('list and show', async (t) => {
  await registry.register(manifest('v1', 'retired', null), model('v1'));
  await registry.register(manifest('v2', 'retired', 'v1'), model('v2'));
  await registry.register(manifest('v3', 'champion', 'v1'), model('v3'));
  const list = await millrace(['models', 'list', FLIGHTS], { MILLRACE_DATA: folder });
  t.equal(list.code, 0, list.stderr);
  t.same(list.stdout.split('\n').slice(0, 2), [
    'version  status    trained at  log loss  AUC     reason',
    'v1       retired   2013-02-01  0.5123    0.7001  volume for v1',
  ]);
  const show = await millrace(['models', 'show', FLIGHTS, 'v3', ...DATA]);
  t.match(show.stdout, /^gate +\{"share":0\.35,"confidence":0\.9,"tolerance":0\.01,"refit":true\}$/m);
  t.match(show.stdout, /^parent +v1\ntask +binary\ntrained at +2013-02-01 00:00 /m);
  const json = await millrace(['models', 'show', FLIGHTS, 'v3', '--json', ...DATA]);
  const { reference: _reference, ...shown } = manifest('v3', 'champion', 'v1');
  t.same(JSON.parse(json.stdout), shown);
  const unknown = await millrace(['models', 'show', FLIGHTS, 'v9', ...DATA]);
  t.match(unknown.stderr, /^millrace: MODEL_UNKNOWN: /);
});

t.test('promotion and rollback are events that carry the model', async (t) => {
  const promoted = await millrace(['models', 'promote', FLIGHTS, 'v2', ...DATA]);
  t.equal(promoted.code, 0, promoted.stderr);
  t.match(promoted.stdout, /^flights: promoted v2\. No engine runs: /);
  const back = await millrace(['models', 'rollback', FLIGHTS, ...DATA]);
  t.match(
    back.stdout,
    /^flights: rolled back to v1\. /,
    'the parent of v3, which is champion until an engine runs',
  );
  t.same(await updates(), [
    { version: 'v2', model: hashOf(model('v2')), reason: 'promoted manually' },
    { version: 'v1', model: hashOf(model('v1')), reason: 'rolled back manually' },
  ]);
  t.equal((await millrace(['models', 'promote', FLIGHTS, 'v9', ...DATA])).code, 1);
});

t.test('a model that engines would refuse is refused, and not published', async (t) => {
  const other = { ...manifest('v4', 'retired', null), features: specs.toSpliced(0, 1) };
  await registry.register(other, model('v4'));
  const noGraph = Buffer.from('no graph');
  await registry.register({ ...manifest('v5', 'retired', null), sha256: hashOf(noGraph) }, noGraph);
  const before = await updates();
  const features = await millrace(['models', 'promote', FLIGHTS, 'v4', ...DATA]);
  t.equal(features.code, 1);
  t.match(
    features.stderr,
    /^millrace: MODEL_INVALID: the model was trained on other features: with none and without /,
  );
  const damaged = await millrace(['models', 'promote', FLIGHTS, 'v5', ...DATA]);
  t.match(damaged.stderr, /^millrace: MODEL_INVALID: /);
  t.same(await updates(), before);
  t.equal((await millrace(['models', 'promote', FLIGHTS, 'v2', '--wait', 'long', ...DATA])).code, 1);
});
