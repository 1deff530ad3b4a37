// Model updates that no engine may take, and what the engine goes on with.
import { generateKeyPairSync } from 'node:crypto';
import t from 'tap';
import { hours } from '../../../src/index.ts';
import { ModelKeys } from '../../../src/runtime/models/model-keys.ts';
import { packUpdate } from '../../../src/runtime/models/model-update.ts';
import type { ModelUpdateRecord } from '../../../src/runtime/records.ts';
import { topicsOf } from '../../../src/topology/topics.ts';
import { championManifest } from '../../../bench/fleet/champion-manifest.ts';
import { LearningRun } from '../../support/learning-run.ts';
import { ordersCodec, ordersTopology } from '../../support/orders.ts';
import { NO_REFERENCE } from '../../../src/stats/drift-reference.ts';

const codec = ordersCodec();
const topology = ordersTopology({ partitions: 1, control: { everyMs: hours(1), mode: 'live' } });
const { modelUpdates } = topicsOf(topology);
const encoder = await codec.encoder<ModelUpdateRecord>(`${modelUpdates}-value`);

/** An update as a trainer writes it. */
function update(version: string, model: Buffer = Buffer.from(version)): ModelUpdateRecord {
  return packUpdate(championManifest(topology, version, NO_REFERENCE, model), model, 'given', 0);
}

/** @param refuses versions that cannot be loaded */
function open(
  refuses: readonly string[] = [],
  keys: ModelKeys = new ModelKeys(),
): {
  run: LearningRun;
  publish: (update: ModelUpdateRecord) => Promise<void>;
} {
  const run = new LearningRun({
    topology,
    codec,
    script: {},
    control: 'fleet',
    keys,
    scoreOf: () => 0.5,
    refuses: (version) => (refuses.includes(version) ? 'no such operator' : null),
  });
  return {
    run,
    async publish(record) {
      const key = Buffer.from(`${topology.name}/${record.version}`);
      await run.log.publish(modelUpdates, [{ key, value: encoder.encode(record), timestampMs: 0 }]);
    },
  };
}

const champion = (run: LearningRun): string | undefined => run.host.models.champion?.version;

t.test('a bad first champion does not stop later ones, after a restart either', async (t) => {
  const { run, publish } = open(['v1']);
  await run.start();
  await publish(update('v1'));
  await publish(update('v2'));
  await run.until(() => champion(run) === 'v2');
  await run.restart();
  t.equal(champion(run), 'v2');
  t.equal(run.host.models.shadow?.version, 'v2', 'the first that can be loaded is the frozen model');
  await publish(update('v3'));
  await run.until(() => champion(run) === 'v3');
  t.equal(run.host.models.shadow?.version, 'v2');
  await run.stop();
});

t.test('the newest that can be loaded serves, and the condition says which cannot', async (t) => {
  const { run, publish } = open(['v3']);
  await run.start();
  for (const version of ['v1', 'v2', 'v3']) await publish(update(version));
  await run.until(() => champion(run) === 'v2' && run.telemetry.conditions.size > 0);
  t.match([...run.telemetry.conditions.keys()], [/model_refused/]);
  await run.restart();
  t.equal(champion(run), 'v2');
  await publish(update('v4'));
  await run.until(() => champion(run) === 'v4');
  t.same([...run.telemetry.conditions.keys()], [], 'a good one ends it');
  await run.stop();
});

t.test('forged updates are refused', async (t) => {
  const { run, publish } = open();
  await run.start();
  await publish(update('v1'));
  await run.until(() => champion(run) === 'v1');
  const good = update('v2');
  const refused = (): number => run.telemetry.lines.filter((line) => /is refused/.test(line)).length;
  await publish({ ...good, manifest: '' });
  await publish({ ...good, model: Buffer.from('other bytes') });
  await publish({ ...good, manifest: update('v1').manifest });
  await publish({ ...update('v1'), model: Buffer.from('other bytes of the champion') });
  await run.until(() => refused() === 4);
  t.equal(champion(run), 'v1');
  await run.restart();
  t.equal(champion(run), 'v1', 'its own record is found');
  await publish(good);
  await run.until(() => champion(run) === 'v2');
  await run.stop();
});

t.test('with keys, only signed updates are taken', async (t) => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const keys = new ModelKeys([publicKey], privateKey);
  const { run, publish } = open([], keys);
  const signed = (version: string): ModelUpdateRecord => {
    const model = Buffer.from(version);
    return packUpdate(keys.sign(championManifest(topology, version, NO_REFERENCE, model)), model, 'given', 0);
  };
  await run.start();
  await publish(signed('v1'));
  await run.until(() => champion(run) === 'v1');
  await publish(update('v2'));
  await run.until(() => [...run.telemetry.conditions.values()].some((why) => /not signed/.test(why)));
  t.equal(champion(run), 'v1');
  await run.restart();
  t.equal(champion(run), 'v1');
  await publish(signed('v3'));
  await run.until(() => champion(run) === 'v3');
  await run.stop();
});
