// The keys of an engine while an operator destroys some.
import { tap } from 'rxjs';
import t from 'tap';
import { EmbeddedLog } from '../../../src/adapters/embedded/log.ts';
import type { RawBatch } from '../../../src/core/batch.ts';
import { ByteColumn } from '../../../src/core/byte-column.ts';
import { defineTopology, minutes, watermarks } from '../../../src/index.ts';
import type { KeyWrapper } from '../../../src/ports/data-keys.ts';
import { sealedBy } from '../../../src/runtime/personal/envelope.ts';
import { Protection, type PartitionProtection } from '../../../src/runtime/personal/protection.ts';
import { testPersonalKeys } from '../../../src/testing/test-keys.ts';
import { dataKeysTopic, topicSpecs } from '../../../src/topology/topics.ts';
import { destroyKeys } from '../../support/destroy-keys.ts';
import { FakeQuarantine } from '../../support/fake-quarantine.ts';
import { ordersCodec } from '../../support/orders.ts';

const topology = defineTopology({
  name: 'orders',
  source: { topic: 'orders', eventTime: 'at', partitions: 1, sensitive: { user: 'hash' }, entity: 'user' },
  stages: [watermarks('watermarks', { allowedLatenessMs: minutes(1) })],
});
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

function keyIn(protection: PartitionProtection): string | null {
  return sealedBy(protection.record(raw, 0).value ?? Buffer.alloc(0));
}

function open(log: EmbeddedLog, wrapper: KeyWrapper): Protection {
  const codec = ordersCodec();
  const quarantine = new FakeQuarantine();
  return new Protection({ topology, log, codec, keys: { hash, wrapper }, quarantine, nowMs: () => 0 });
}

t.test('a key that is destroyed while its partition opens is not used again', async (t) => {
  const log = new EmbeddedLog({ path: null });
  await log.ensureTopics(topicSpecs(topology));
  const first = await open(log, wrapper).partition(0);
  const before = keyIn(first);
  await log.publish(topic, first.takeUnwritten());
  t.equal(keyIn(await open(log, wrapper).partition(0)), before, 'a restart has the same key');

  const unwrapping = Promise.withResolvers<void>();
  const unwrapped = Promise.withResolvers<void>();
  const slow: KeyWrapper = {
    id: wrapper.id,
    wrap: (key) => wrapper.wrap(key),
    async unwrap(wrapped, id) {
      unwrapping.resolve();
      await unwrapped.promise;
      return wrapper.unwrap(wrapped, id);
    },
  };
  const delivered = Promise.withResolvers<void>();
  const tailOf = log.tail.bind(log);
  log.tail = (name, from) =>
    tailOf(name, from).pipe(
      tap(({ values }) => {
        if ([...values].includes(null)) delivered.resolve();
      }),
    );
  const protection = open(log, slow);
  protection.start((error) => t.fail(error.message));
  const opening = protection.partition(0);
  await unwrapping.promise;
  await destroyKeys(log, 'orders', '');
  await delivered.promise;
  unwrapped.resolve();
  t.not(keyIn(await opening), before);
  protection.close();
  await log.close();
});
