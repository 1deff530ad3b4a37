// The topic of erasures, read as if a stranger had written it.
import t from 'tap';
import { EmbeddedLog } from '../../../src/adapters/embedded/log.ts';
import {
  decodeErasure,
  encodeErasure,
  erasureKey,
  type AppliedErasure,
  type ErasureRequest,
} from '../../../src/runtime/erasure/erasure-record.ts';
import { readTopic } from '../../../src/resilience/followed-topic.ts';
import { Erasures } from '../../../src/runtime/erasure/erasures.ts';
import { FollowedErasures } from '../../../src/runtime/erasure/followed-erasures.ts';
import { FakeTelemetry } from '../../../src/testing/index.ts';
import { erasuresSpec, erasuresTopic } from '../../../src/topology/topics.ts';
import { FakeQuarantine } from '../../support/fake-quarantine.ts';

const digest = 'a'.repeat(64);
const request: ErasureRequest = {
  kind: 'request',
  digest,
  entity: 'ann',
  topicId: 't1',
  ends: [5, 7],
  sequence: 3,
  requestedAtMs: 1,
};
const applied: AppliedErasure = {
  kind: 'applied',
  digest,
  topicId: 't1',
  partition: 1,
  below: 9,
  sequence: 3,
};

t.test('records come back, and nothing else is taken for one', async (t) => {
  for (const record of [request, applied, { ...request, entity: null, topicId: null }])
    t.strictSame(decodeErasure(encodeErasure(record), erasureKey(record)), record);
  const key = erasureKey(request);
  const bad: ReadonlyArray<readonly [Buffer, string, string]> = [
    [Buffer.from('{'), key, 'malformed'],
    [Buffer.from('null'), key, 'malformed'],
    [Buffer.from(JSON.stringify({ v: 2, ...request })), key, 'version'],
    [encodeErasure(request), 'request:other', 'malformed'],
    [encodeErasure({ ...request, ends: [-1] }), key, 'malformed'],
    [encodeErasure({ ...request, ends: Array.from({ length: 100_001 }, () => 1) }), key, 'malformed'],
    [encodeErasure({ ...request, sequence: 1e300 }), key, 'malformed'],
    [encodeErasure({ ...request, requestedAtMs: 8.65e15 }), key, 'malformed'],
    [encodeErasure({ ...request, digest: 'ann' }), 'request:ann', 'malformed'],
    [encodeErasure({ ...applied, partition: 1e9 }), `applied:1000000000:${digest}`, 'malformed'],
    [encodeErasure({ ...request, entity: 'x'.repeat(3_000_000) }), key, 'too_large'],
  ];
  for (const [value, under, reason] of bad) t.match(decodeErasure(value, under), { reason });
});

t.test('what is pending follows from what the owner and the state have', async (t) => {
  const erasures = new Erasures();
  t.equal(erasures.sequence, 0);
  erasures.add(request);
  t.equal(erasures.sequence, 3);
  t.strictSame(erasures.pending(1, 't1', null), [request]);
  t.strictSame(erasures.pending(1, 't2', null), [], 'offsets of another topic mean nothing');
  t.equal(erasures.rowsOf('orders', 'user', { partition: 1, topicId: 't1' }), null);
  erasures.add(applied);
  t.strictSame(erasures.pending(1, 't1', null), [], 'there is no state, and the keys are destroyed');
  t.strictSame(erasures.pending(1, 't1', 3), []);
  t.strictSame(erasures.pending(1, 't1', 2), [request], 'a state from before the erasure');
  t.strictSame(erasures.pending(0, 't1', null), [request]);
  t.ok(erasures.rowsOf('orders', 'user', { partition: 1, topicId: 't1' }));
  erasures.add({ ...request, sequence: 8 });
  t.equal(erasures.pending(1, 't1', 3).length, 1, 'it is erased again');
});

t.test('each new request counts, whatever its sequence, and none twice', async (t) => {
  const erasures = new Erasures();
  t.equal(erasures.revision, 0);
  erasures.add({ ...request, sequence: 8 });
  erasures.add(applied);
  t.equal(erasures.revision, 1);
  erasures.add({ ...request, sequence: 8, entity: null });
  t.equal(erasures.revision, 1, 'it is erased everywhere');
  erasures.add({ ...request, digest: 'b'.repeat(64), sequence: 3 });
  t.equal(erasures.revision, 2, 'a command of the same time was later in the log');
  erasures.add({ ...request, sequence: 9 });
  t.equal(erasures.revision, 3, 'it is erased again');
});

t.test('junk is quarantined, and what follows it is read', async (t) => {
  const log = new EmbeddedLog({ path: null });
  t.teardown(() => log.close());
  await log.ensureTopics([erasuresSpec('orders')]);
  const topic = erasuresTopic('orders');
  const record = (one: ErasureRequest | AppliedErasure) => ({
    key: Buffer.from(erasureKey(one)),
    value: encodeErasure(one),
    timestampMs: 1,
  });
  const junk = { key: null, value: Buffer.from('junk'), timestampMs: 1 };
  await log.publish(topic, [junk, record(request)]);
  const quarantine = new FakeQuarantine();
  const changed = Promise.withResolvers<void>();
  const followed = await FollowedErasures.open({
    topology: 'orders',
    log,
    quarantine,
    telemetry: new FakeTelemetry(),
    changed: () => changed.resolve(),
  });
  t.equal(followed.sequence, 3);
  t.equal(followed.applied(1, request), null);
  await log.publish(topic, [junk, record(applied)]);
  await changed.promise;
  t.strictSame(followed.applied(1, request), applied);
  t.strictSame(quarantine.places, [
    [0, 'malformed'],
    [2, 'malformed'],
  ]);
  followed.close();
  const again = new Erasures();
  const read = (from: string) => readTopic(log, from, (raw) => again.take(raw, quarantine));
  t.equal(await read(topic), 4);
  t.strictSame(again.applied(1, request), applied);
  t.equal(await read(erasuresTopic('other')), 0, 'without a topic');
});
