// Models that are too large for their update: promoted, fetched, missing, damaged, and rolled back.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { modelCommands } from '../../../src/app/compose/model-commands.ts';
import { MODEL_BYTES_MAX } from '../../../src/core/model-limits.ts';
import { type Artifact, sha256Of } from '../../../src/core/model-content.ts';
import { hours } from '../../../src/index.ts';
import type { ModelUpdateRecord } from '../../../src/runtime/records.ts';
import { packUpdate } from '../../../src/runtime/models/model-update.ts';
import type { ModelCommands } from '../../../src/serving/serving-context.ts';
import { NO_REFERENCE } from '../../../src/stats/drift-reference.ts';
import { topicsOf } from '../../../src/topology/topics.ts';
import { championManifest } from '../../../bench/fleet/champion-manifest.ts';
import { randomBytes } from '../../contracts/artifact-store.ts';
import { LearningRun } from '../../support/learning-run.ts';
import { ordersCodec, ordersTopology } from '../../support/orders.ts';

const BY = { actor: 'ann', from: '10.0.0.1' };
const codec = ordersCodec();
const topology = ordersTopology({ partitions: 1, control: { everyMs: hours(1), mode: 'live' } });
const { modelUpdates } = topicsOf(topology);
const encoder = await codec.encoder<ModelUpdateRecord>(`${modelUpdates}-value`);
const decoder = await codec.decoder<ModelUpdateRecord>(`${modelUpdates}-value`);

/** Models by version: all but v1 are too large for an update. */
const models: Readonly<Record<string, Buffer>> = {
  v1: Buffer.from('small'),
  v2: randomBytes(MODEL_BYTES_MAX, 2),
  v3: randomBytes(2 * MODEL_BYTES_MAX, 3),
};

interface Started {
  readonly run: LearningRun;
  readonly folder: string;
  readonly commands: () => Promise<ModelCommands>;
  readonly champion: () => string | undefined;
  /** Publishes an update that names an artifact, whether or not it is there. */
  readonly name: (version: string, artifact?: Partial<Artifact>) => Promise<void>;
  readonly updates: () => Promise<ModelUpdateRecord[]>;
}

async function start(t: Test): Promise<Started> {
  const folder = t.testdir({});
  const run = new LearningRun({
    topology,
    codec,
    script: {},
    control: 'fleet',
    scoreOf: () => 0.5,
    dataFolder: folder,
  });
  await run.start();
  const { log, registry, audit } = run;
  for (const [version, model] of Object.entries(models)) {
    const manifest = championManifest(topology, version, NO_REFERENCE, model);
    await registry.register({ ...manifest, status: 'rejected' }, model);
  }
  return {
    run,
    folder,
    commands() {
      const { gate, artifacts } = run.host;
      const isRunning = async (): Promise<boolean> => true;
      return modelCommands(topology, {
        log,
        codec,
        registry,
        gate,
        artifacts,
        waitMs: 20_000,
        isRunning,
        audit,
      });
    },
    champion: () => run.host.models.champion?.version,
    async name(version, more = {}) {
      const model = models[version] as Buffer;
      const manifest = championManifest(topology, version, NO_REFERENCE, model);
      const artifact = { sha256: manifest.sha256, bytes: model.length, offset: 0, ...more };
      const update = { ...packUpdate(manifest, Buffer.alloc(0), 'named', 0), artifact };
      const key = Buffer.from(`${topology.name}/${version}`);
      await log.publish(modelUpdates, [{ key, value: encoder.encode(update), timestampMs: 0 }]);
    },
    async updates() {
      const [range] = await log.offsets(modelUpdates);
      const updates: ModelUpdateRecord[] = [];
      for await (const raw of log.read(modelUpdates, 0, 0, range?.high ?? 0))
        for (const value of raw.values) if (value !== null) updates.push(await decoder.decode(value));
      return updates;
    },
  };
}

const conditions = (run: LearningRun): string[] => [...run.telemetry.conditions.keys()];

t.test('a large model is an artifact, which engines fetch, verify and swap to', async (t) => {
  const { run, folder, commands, champion, updates } = await start(t);
  const operator = await commands();
  await operator.promote('orders', 'v1', BY);
  t.match(await operator.promote('orders', 'v2', BY), { version: 'v2', outcome: 'taken' });
  t.equal(champion(), 'v2');
  const [small, large] = await updates();
  t.ok(small?.model.equals(models['v1'] as Buffer), 'a small one is in its update');
  t.equal(small?.artifact, null);
  t.equal(large?.model.length, 0);
  const sha256 = sha256Of(models['v2'] as Buffer);
  t.match(large?.artifact, { sha256, bytes: MODEL_BYTES_MAX });
  const file = join(folder, 'artifacts', 'orders', sha256);
  t.ok((await readFile(file)).equals(models['v2'] as Buffer));
  await writeFile(file, 'changed');
  await run.restart();
  t.equal(champion(), 'v2', 'a changed file is fetched again');
  t.ok((await readFile(file)).equals(models['v2'] as Buffer));
  await operator.rollback('orders', BY);
  t.equal(champion(), 'v1');
  t.same(conditions(run), []);
  await run.stop();
});

t.test('what is missing is waited for, across restarts, and stops nothing', async (t) => {
  const { run, champion, name, commands } = await start(t);
  await (await commands()).promote('orders', 'v1', BY);
  await name('v2');
  await run.until(() => conditions(run).includes('artifact_unavailable orders'));
  t.match(run.telemetry.conditions.get('artifact_unavailable orders'), /^v2: .*it is missing/);
  t.equal(champion(), 'v1');
  await run.restart();
  t.equal(champion(), 'v1', 'the one before it serves after a start');
  await run.until(() => conditions(run).includes('artifact_unavailable orders'));
  await run.host.artifacts.put(models['v2'] as Buffer);
  await run.until(() => champion() === 'v2');
  t.same(conditions(run), []);
  await run.stop();
});

t.test('a rollback ends the wait for what is damaged, and to store it again repairs it', async (t) => {
  const { run, champion, name, commands } = await start(t);
  const operator = await commands();
  await operator.promote('orders', 'v1', BY);
  const model = models['v3'] as Buffer;
  await run.host.artifacts.put(Buffer.alloc(model.length), sha256Of(model));
  await name('v3');
  await run.until(() => conditions(run).includes('artifact_unavailable orders'));
  t.match(run.telemetry.conditions.get('artifact_unavailable orders'), /it is damaged/);
  await operator.promote('orders', 'v1', BY);
  t.equal(champion(), 'v1');
  t.same(conditions(run), []);
  await name('v3');
  await run.until(() => conditions(run).includes('artifact_unavailable orders'));
  await run.host.artifacts.put(model);
  await run.until(() => champion() === 'v3');
  t.same(conditions(run), [], 'what is stored again is found behind what is damaged');
  await run.stop();
});

t.test('updates that name what cannot be an artifact are set aside, and wrong ones refused', async (t) => {
  const { run, champion, name, commands } = await start(t);
  await (await commands()).promote('orders', 'v1', BY);
  for (const wrong of [{ sha256: '../../etc/passwd' }, { bytes: 0 }, { bytes: 2 ** 40 }, { offset: -2 }])
    await name('v2', wrong);
  await run.until(() => run.quarantine.records.length >= 4);
  t.ok(run.quarantine.records.every(({ reason }) => reason === 'range'));
  const other = await run.host.artifacts.put(Buffer.from('another model'));
  await name('v2', other);
  await run.until(() => run.telemetry.conditions.has('model_refused orders'));
  t.match(run.telemetry.conditions.get('model_refused orders'), /do not match its manifest/);
  t.equal(champion(), 'v1');
  await run.stop();
});
