// What a trainer publishes of a candidate: one that no engine could use is rejected whatever its figures, one that passes is
// signed.
import { generateKeyPairSync } from 'node:crypto';
import t from 'tap';
import { hours, minutes } from '../../../src/index.ts';
import type { LogRecord } from '../../../src/ports/event-log.ts';
import { ModelKeys } from '../../../src/runtime/models/model-keys.ts';
import type { Row } from '../../../src/testing/index.ts';
import { LearningRun } from '../../support/learning-run.ts';
import { order, orderEvent, ordersCodec, ordersTopology, payment } from '../../support/orders.ts';

const ORDERS = 300;
const codec = ordersCodec();
const encoder = await codec.encoder<Row>('orders-value');
const topology = ordersTopology({
  control: { everyMs: hours(1), mode: 'aligned' },
  retraining: { firstRows: 60, everyRows: 60, cooldownMs: 0, driftedFeatures: null, onErrorDrift: false },
});

/** One order a minute, each paid a minute later. */
const records: LogRecord[] = Array.from({ length: ORDERS }, (_, i): LogRecord[] => {
  const at = minutes(i);
  const rows = [order(String(i), 'ann', i % 100, at), payment(String(i), i % 2, at + minutes(1))];
  return rows.map((row, late) => ({
    key: null,
    value: encoder.encode(orderEvent(row)),
    timestampMs: at + minutes(late),
    partition: 0,
  }));
}).flat();

/** Trains v1, which passes its trial, and v2, which does not. */
async function trained(keys: ModelKeys): Promise<LearningRun> {
  const run = new LearningRun({
    topology,
    codec,
    control: 'fleet',
    keys,
    script: { v1: 'promote', v2: 'promote' },
    scoreOf: () => 0.5,
    refuses: (version) => (version === 'v2' ? 'it never ends' : null),
  });
  await run.start();
  await run.play(records, true);
  return run;
}

const { publicKey, privateKey } = generateKeyPairSync('ed25519');

t.test('with a key to sign with', async (t) => {
  const keys = new ModelKeys([publicKey], privateKey);
  const run = await trained(keys);
  t.equal(run.host.models.champion?.version, 'v1');
  const first = await run.registry.load('orders', 'v1');
  t.equal(first.manifest.signature?.key, keys.signingName);
  const second = await run.registry.load('orders', 'v2');
  t.match(second.manifest, { status: 'rejected', why: /it never ends/, signature: undefined });
  await run.stop();
});

t.test('without one, where engines require a signature', async (t) => {
  const run = await trained(new ModelKeys([publicKey]));
  t.equal(run.host.models.champion, null);
  const { manifest } = await run.registry.load('orders', 'v1');
  t.match(manifest, { status: 'rejected', why: /is not signed/ });
  await run.stop();
});
