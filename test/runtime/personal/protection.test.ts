// The data keys of a partition before and after an erasure.
import t from 'tap';
import { EmbeddedLog } from '../../../src/adapters/embedded/log.ts';
import type { RawBatch } from '../../../src/core/batch.ts';
import { MASTER_RECORDS_MAX } from '../../../src/core/key-limits.ts';
import { ByteColumn } from '../../../src/core/byte-column.ts';
import { entityDigest, ErasedRows } from '../../../src/runtime/erasure/erased-rows.ts';
import { sealedBy } from '../../../src/runtime/personal/envelope.ts';
import { Protection, type PartitionProtection } from '../../../src/runtime/personal/protection.ts';
import type { DataKeyRecord } from '../../../src/runtime/records.ts';
import { testPersonalKeys } from '../../../src/testing/test-keys.ts';
import { dataKeysTopic, topicSpecs } from '../../../src/topology/topics.ts';
import { FakeQuarantine } from '../../support/fake-quarantine.ts';
import { hashedOrders as topology, ordersCodec } from '../../support/orders.ts';

const topic = dataKeysTopic('orders');
const { hash, wrapper } = testPersonalKeys();

/** Of no entity, as it has not decoded. */
const raw: RawBatch = {
  origin: { topic: 'orders', partition: 0 },
  count: 1,
  offsets: Float64Array.of(0),
  timestampMs: Float64Array.of(0),
  keys: ByteColumn.of([null]),
  values: ByteColumn.of([Buffer.from('a')]),
  offsetNext: 1,
  highWatermark: 1,
  receivedAtMs: 0,
};

function keyIn(protection: PartitionProtection, batch: RawBatch = raw): string | null {
  return sealedBy(protection.record(batch, 0).value ?? Buffer.alloc(0));
}

function open(log: EmbeddedLog): Protection {
  const codec = ordersCodec();
  const quarantine = new FakeQuarantine();
  return new Protection({ topology, log, codec, keys: { hash, wrapper }, quarantine, nowMs: () => 0 });
}

t.test('keys are destroyed, in their partition, and a new one takes their place', async (t) => {
  const log = new EmbeddedLog({ path: null });
  await log.ensureTopics(topicSpecs(topology));
  const first = await open(log).partition(0);
  const before = keyIn(first);
  await log.publish(topic, first.takeUnwritten());
  t.equal(keyIn(await open(log).partition(0)), before, 'a restart has the same key');
  const protection = open(log);
  await protection.destroyKeys(0, (entity) => entity === 'other');
  t.equal(keyIn(await protection.partition(0)), before);
  await protection.destroyKeys(0, (entity) => entity === '');
  t.not(keyIn(await protection.partition(0)), before);
  await log.close();
});

t.test('what others write to the topic counts as not there, however much of it', async (t) => {
  const log = new EmbeddedLog({ path: null });
  await log.ensureTopics(topicSpecs(topology));
  const first = await open(log).partition(0);
  const before = keyIn(first);
  await log.publish(topic, first.takeUnwritten());
  const [own] = await log.offsets(topic);
  const encoder = await ordersCodec().encoder<DataKeyRecord>(`${topic}-value`);
  const value = encoder.encode({ id: 'ff', wrappedBy: 'other', wrapped: Buffer.alloc(3), createdAtMs: 0 });
  const forged = { key: Buffer.from('master'), value, timestampMs: 0, partition: 0 };
  await log.publish(
    topic,
    Array.from({ length: 2 * MASTER_RECORDS_MAX }, () => forged),
  );
  const keys: Buffer[] = [];
  for await (const batch of log.read(topic, 0, 0, own?.high ?? 0))
    for (const key of batch.keys) if (key !== null) keys.push(key);
  for (const key of keys) await log.publish(topic, [{ ...forged, key, value: null }]);
  const read = log.read.bind(log);
  log.read = async function* (...range) {
    for await (const batch of read(...range))
      yield batch.origin.topic === topic ? { ...batch, untransacted: [[own?.high ?? 0, Infinity]] } : batch;
  };
  t.equal(keyIn(await open(log).partition(0)), before);
  await log.close();
});

t.test('opening the keys is retried after the registry was away', async (t) => {
  const log = new EmbeddedLog({ path: null });
  await log.ensureTopics(topicSpecs(topology));
  const codec = ordersCodec();
  let isAway = true;
  const encoder = codec.encoder.bind(codec);
  codec.encoder = (subject) => (isAway ? Promise.reject(new Error('away')) : encoder(subject));
  const protection = new Protection({
    topology,
    log,
    codec,
    keys: { hash, wrapper },
    quarantine: new FakeQuarantine(),
    nowMs: () => 0,
  });
  await t.rejects(protection.partition(0), { message: 'away' });
  isAway = false;
  t.ok(keyIn(await protection.partition(0)));
  await log.close();
});

t.test('what is sealed of an erased event has a key that is not written', async (t) => {
  const log = new EmbeddedLog({ path: null });
  await log.ensureTopics(topicSpecs(topology));
  const erased = new ErasedRows('orders', 'user', new Map([[entityDigest('orders', ''), 1]]));
  const protection = await open(log).partition(0, erased);
  t.ok(keyIn(protection));
  t.strictSame(
    protection.takeUnwritten().map(({ key }) => String(key)),
    ['master'],
  );
  keyIn(protection, { ...raw, offsets: Float64Array.of(1) });
  t.strictSame(
    protection.takeUnwritten().map(({ key }) => String(key)),
    ['entity:'],
    'an event after the erasure has a key',
  );
  await log.close();
});
