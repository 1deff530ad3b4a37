// `millrace models gc`: what no update names goes, all else stays.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { EmbeddedLog } from '../../../src/adapters/embedded/log.ts';
import { sha256Of } from '../../../src/core/model-content.ts';
import { unnamedArtifacts } from '../../../src/runtime/artifacts/collect.ts';
import { Artifacts } from '../../../src/runtime/artifacts/artifacts.ts';
import { LogArtifacts } from '../../../src/runtime/artifacts/log-artifacts.ts';
import { makeUpdate, updateFault } from '../../../src/runtime/models/model-update.ts';
import { OwnRecords } from '../../../src/runtime/own-records.ts';
import type { ModelUpdateRecord } from '../../../src/runtime/records.ts';
import { NO_REFERENCE } from '../../../src/stats/drift-reference.ts';
import { artifactsSpec, topicSpecs, topicsOf } from '../../../src/topology/topics.ts';
import { championManifest } from '../../../bench/fleet/champion-manifest.ts';
import { randomBytes } from '../../contracts/artifact-store.ts';
import { FakeQuarantine } from '../../support/fake-quarantine.ts';
import { ordersCodec, ordersTopology } from '../../support/orders.ts';

const topology = ordersTopology({ partitions: 1 });
const topic = topicsOf(topology).modelUpdates;
const codec = ordersCodec();
const encoder = await codec.encoder<ModelUpdateRecord>(`${topic}-value`);
const decoder = await codec.decoder<ModelUpdateRecord>(`${topic}-value`);

t.test(
  'artifacts stay while the newest update of a version names them, or while they are young',
  async (t) => {
    const folder = t.testdir({});
    const log = new EmbeddedLog({ path: null });
    await log.ensureTopics(topicSpecs(topology));
    const quarantine = new FakeQuarantine();
    let nowMs = 1_000_000;
    const store = new LogArtifacts({ log, quarantine, spec: artifactsSpec(topology), nowMs: () => nowMs });
    const artifacts = new Artifacts(store, folder);
    const records = new OwnRecords(decoder, (update) => updateFault('orders', update), quarantine);
    const collection = { log, topic, records, artifacts, nowMs: () => nowMs, keptMs: 1_000 };
    const publish = async (version: string, seed: number): Promise<string> => {
      const model = randomBytes(910_000, seed);
      const manifest = championManifest(topology, version, NO_REFERENCE, model);
      const update = await makeUpdate(artifacts, manifest, model, 'given', 0);
      const key = Buffer.from(`orders/${version}`);
      await log.publish(topic, [{ key, value: encoder.encode(update), timestampMs: 0 }]);
      return manifest.sha256;
    };
    const unnamed = async (): Promise<string[]> =>
      (await unnamedArtifacts(collection)).artifacts.map(({ sha256 }) => sha256).sort();

    const replaced = await publish('v1', 1);
    const kept = await publish('v1', 2);
    const deleted = await publish('v2', 3);
    await log.publish(topic, [{ key: Buffer.from('orders/v2'), value: null, timestampMs: 0 }]);
    const orphan = randomBytes(20, 4);
    await artifacts.put(orphan);
    t.same(await unnamed(), [], 'they are young');
    nowMs += 1_000;
    t.same(await unnamed(), [replaced, deleted, sha256Of(orphan)].sort());
    await artifacts.fetch({ sha256: deleted, bytes: 910_000, offset: -1 });
    await artifacts.remove(await unnamed());
    t.same(await unnamed(), []);
    t.same(
      (await store.list()).map(({ sha256 }) => sha256),
      [kept],
    );
    t.same(await readdir(folder), [], 'the copy of this machine goes as well');
    t.match(await artifacts.fetch({ sha256: kept, bytes: 910_000, offset: -1 }), {
      path: join(folder, kept),
    });
    await log.close();
  },
);
