// Artifacts in chunks on a topic: what is written comes back, and what strangers write is set aside.
import { join } from 'node:path';
import t from 'tap';
import { EmbeddedLog } from '../../../src/adapters/embedded/log.ts';
import { type Artifact, sha256Of } from '../../../src/core/model-content.ts';
import { Artifacts } from '../../../src/runtime/artifacts/artifacts.ts';
import { LogArtifacts } from '../../../src/runtime/artifacts/log-artifacts.ts';
import { artifactsSpec } from '../../../src/topology/topics.ts';
import { artifactStoreContract, randomBytes, readArtifact } from '../../contracts/artifact-store.ts';
import { FakeQuarantine } from '../../support/fake-quarantine.ts';
import { ordersTopology } from '../../support/orders.ts';

const spec = artifactsSpec(ordersTopology({ partitions: 1 }));
const { topic } = spec;

function open(log: EmbeddedLog, quarantine = new FakeQuarantine()): LogArtifacts {
  return new LogArtifacts({ log, spec, quarantine, nowMs: Date.now });
}

async function inMemory(): Promise<EmbeddedLog> {
  const log = new EmbeddedLog({ path: null });
  await log.ensureTopics([{ topic: 'orders', partitions: 1, compacted: false, retentionMs: -1 }]);
  return log;
}

t.test('the contract, in memory', async (t) => {
  const log = await inMemory();
  await artifactStoreContract(t, async () => open(log));
  await log.close();
});

t.test('a restart keeps what is there, and drops what was removed', async (t) => {
  const path = join(t.testdir({}), 'log.db');
  const models = [randomBytes(700_000, 1), randomBytes(9, 2)];
  const stored: Artifact[] = [];
  const restarted = async <T>(work: (store: LogArtifacts) => Promise<T>): Promise<T> => {
    const log = new EmbeddedLog({ path });
    try {
      return await work(open(log));
    } finally {
      await log.close();
    }
  };
  await restarted(async (store) => {
    for (const model of models) stored.push(await store.write(model, sha256Of(model)));
  });
  const [large, small] = stored as [Artifact, Artifact];
  await restarted(async (store) => {
    t.ok((await readArtifact(store, large)).equals(models[0] as Buffer));
    await store.remove([large.sha256]);
  });
  await restarted(async (store) => {
    t.same(
      (await store.list()).map(({ sha256 }) => sha256),
      [small.sha256],
    );
    t.ok((await readArtifact(store, small)).equals(models[1] as Buffer));
  });
});

t.test('records that no process writes are quarantined, and skipped', async (t) => {
  const log = await inMemory();
  const quarantine = new FakeQuarantine();
  const store = open(log, quarantine);
  const model = randomBytes(100, 1);
  const artifact = await store.write(model, sha256Of(model));
  const { sha256 } = artifact;
  const value = Buffer.from('junk');
  for (const key of ['', 'v1', `${sha256}/`, `${sha256}/-1`, `${sha256}/99999999999`, `${sha256}/4000000000`])
    await log.publish(topic, [{ key: Buffer.from(key), value, timestampMs: 0 }]);
  await log.publish(topic, [{ key: null, value, timestampMs: 0 }]);
  await log.publish(topic, [{ key: Buffer.from(`${sha256}/0`), value: Buffer.alloc(0), timestampMs: 0 }]);
  const { path } = await new Artifacts(store, t.testdir({})).fetch(artifact);
  t.ok(path.endsWith(sha256));
  t.equal((await store.list()).length, 1);
  t.equal(quarantine.records.length, 8);
  t.ok(quarantine.records.every(({ reason }) => reason === 'malformed'));
  await log.close();
});

t.test('parts in any order, of any size and beyond the end make the artifact', async (t) => {
  const log = await inMemory();
  const store = open(log);
  await log.ensureTopics([spec]);
  const model = randomBytes(1_000, 3);
  const sha256 = sha256Of(model);
  const part = (from: number, to: number): Promise<void> =>
    log.publish(topic, [
      { key: Buffer.from(`${sha256}/${from}`), value: model.subarray(from, to), timestampMs: 0 },
    ]);
  const artifacts = new Artifacts(store, t.testdir({}));
  const artifact = { sha256, bytes: model.length, offset: 3 };
  await part(600, 1_000);
  await part(100, 300);
  await t.rejects(artifacts.fetch(artifact), { code: 'ARTIFACT_UNAVAILABLE', message: /first 0 bytes/ });
  await part(0, 150);
  await t.rejects(artifacts.fetch(artifact), { code: 'ARTIFACT_UNAVAILABLE', message: /first 300 bytes/ });
  await part(200, 700);
  await log.publish(topic, [{ key: Buffer.from(`${sha256}/900`), value: Buffer.alloc(200), timestampMs: 0 }]);
  t.match(await artifacts.fetch(artifact), { sha256, bytes: 1_000 });
  await log.close();
});
