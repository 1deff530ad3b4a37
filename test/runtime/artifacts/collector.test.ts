// Artifacts that no update names, collected while engines run: by one engine of a fleet from the store, by each from its folder.
import { readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { EmbeddedLog } from '../../../src/adapters/embedded/log.ts';
import { type Artifact, sha256Of } from '../../../src/core/model-content.ts';
import { Artifacts } from '../../../src/runtime/artifacts/artifacts.ts';
import { ArtifactCollector } from '../../../src/runtime/artifacts/collector.ts';
import { LogArtifacts } from '../../../src/runtime/artifacts/log-artifacts.ts';
import { makeUpdate, updateFault } from '../../../src/runtime/models/model-update.ts';
import { OwnRecords } from '../../../src/runtime/own-records.ts';
import type { ModelUpdateRecord } from '../../../src/runtime/records.ts';
import { NO_REFERENCE } from '../../../src/stats/drift-reference.ts';
import { FakeTelemetry } from '../../../src/testing/index.ts';
import { artifactsSpec, topicSpecs, topicsOf } from '../../../src/topology/topics.ts';
import { championManifest } from '../../../bench/fleet/champion-manifest.ts';
import { randomBytes } from '../../contracts/artifact-store.ts';
import { FakeQuarantine } from '../../support/fake-quarantine.ts';
import { ordersCodec, ordersTopology } from '../../support/orders.ts';
import { RecordingAudit } from '../../support/recording-audit.ts';

const KEPT_MS = 60_000;
const topology = ordersTopology({ partitions: 2 });
const topic = topicsOf(topology).modelUpdates;
const codec = ordersCodec();
const encoder = await codec.encoder<ModelUpdateRecord>(`${topic}-value`);
const decoder = await codec.decoder<ModelUpdateRecord>(`${topic}-value`);

interface Fleet {
  readonly artifacts: Artifacts;
  readonly folder: string;
  readonly audit: RecordingAudit;
  readonly telemetry: FakeTelemetry;
  /** A version with a model that is an artifact, as the update names it. */
  readonly promote: (version: string, seed: number) => Promise<Artifact>;
  /** Minutes later. */
  readonly wait: () => void;
  readonly collector: (partitions: readonly number[]) => ArtifactCollector;
  readonly stored: () => Promise<string[]>;
}

async function open(t: Test): Promise<Fleet> {
  const folder = t.testdir({});
  const log = new EmbeddedLog({ path: null });
  t.teardown(() => log.close());
  await log.ensureTopics(topicSpecs(topology));
  let nowMs = Date.now();
  const quarantine = new FakeQuarantine();
  const store = new LogArtifacts({ log, quarantine, spec: artifactsSpec(topology), nowMs: () => nowMs });
  const artifacts = new Artifacts(store, folder);
  const records = new OwnRecords(decoder, (update) => updateFault('orders', update), quarantine);
  const [audit, telemetry] = [new RecordingAudit(), new FakeTelemetry()];
  const by = { actor: 'the engine', from: 'here' };
  const common = {
    log,
    topic,
    records,
    artifacts,
    nowMs: () => nowMs,
    keptMs: KEPT_MS,
    audit,
    by,
    telemetry,
  };
  return {
    artifacts,
    folder,
    audit,
    telemetry,
    async promote(version, seed) {
      const model = randomBytes(910_000, seed);
      const manifest = championManifest(topology, version, NO_REFERENCE, model);
      const update = await makeUpdate(artifacts, manifest, model, 'given', 0);
      const key = Buffer.from(`orders/${version}`);
      await log.publish(topic, [{ key, value: encoder.encode(update), timestampMs: 0 }]);
      return update.artifact as Artifact; // of 910,000 bytes
    },
    wait: () => void (nowMs += 2 * KEPT_MS),
    collector: (partitions) =>
      new ArtifactCollector({ ...common, topology: 'orders', partitions: () => partitions }),
    stored: async () => (await store.list()).map(({ sha256 }) => sha256),
  };
}

t.test('one engine of a fleet collects from the store, once for each artifact, and audits it', async (t) => {
  const { promote, collector, wait, stored, audit, telemetry } = await open(t);
  const replaced = await promote('v1', 1);
  const named = await promote('v1', 2);
  await collector([0]).run();
  t.equal((await stored()).length, 2, 'an update may be on the way');
  wait();
  await collector([1]).run();
  t.equal((await stored()).length, 2, 'another engine has the first partition');
  t.same(audit.changes, []);
  await Promise.all([collector([0, 1]).run(), collector([0]).run()]);
  t.same(await stored(), [named.sha256]);
  t.match(audit.changes[0], { action: 'collection', before: { sha256s: [replaced.sha256] } });
  t.notOk(telemetry.lines.includes('artifacts that no update names stay'));
});

t.test('an artifact that is stored again while it is collected stays', async (t) => {
  const { promote, collector, wait, stored, artifacts } = await open(t);
  const replaced = await promote('v1', 1);
  await promote('v1', 2);
  wait();
  const remove = artifacts.store.remove.bind(artifacts.store);
  artifacts.store.remove = async (sha256s, writtenMs) => {
    await promote('v3', 1); // with the bytes of the first one
    return remove(sha256s, writtenMs);
  };
  await collector([0]).run();
  t.ok((await stored()).includes(replaced.sha256));
  t.ok((await artifacts.fetch(replaced)).path.endsWith(replaced.sha256));
});

t.test('each engine clears its folder of what is named no more, and of halves', async (t) => {
  const { promote, collector, artifacts, folder } = await open(t);
  const replaced = await promote('v1', 1);
  await artifacts.fetch(replaced);
  const named = await promote('v1', 2);
  await artifacts.fetch(named);
  for (const name of ['.part-7-1', '.part-8-1']) await writeFile(join(folder, name), 'half');
  await collector([1]).run();
  t.equal((await readdir(folder)).length, 4, 'they are young');
  const before = Date.now() / 1_000 - 3_600;
  for (const name of [replaced.sha256, named.sha256, '.part-7-1'])
    await utimes(join(folder, name), before, before);
  await collector([1]).run();
  t.same((await readdir(folder)).sort(), ['.part-8-1', named.sha256].sort());
});

t.test('a store that is away is a warning, and the next collection goes on', async (t) => {
  const { promote, collector, wait, stored, artifacts, telemetry } = await open(t);
  await promote('v1', 1);
  await promote('v1', 2);
  wait();
  const list = artifacts.store.list.bind(artifacts.store);
  artifacts.store.list = () => Promise.reject(new Error('it is away'));
  await collector([0]).run();
  t.match(telemetry.lines, ['artifacts that no update names stay']);
  artifacts.store.list = list;
  await collector([0]).run();
  t.equal((await stored()).length, 1);
  t.equal(sha256Of(randomBytes(910_000, 2)), (await stored())[0]);
});
