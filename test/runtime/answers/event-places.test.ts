// Where the events of a hop are in the source: those of an earlier topic of its name are passed over.
import t from 'tap';
import { EventPlacesReader } from '../../../src/runtime/answers/event-places.ts';
import { ByteColumn } from '../../../src/core/byte-column.ts';
import type { RawBatch } from '../../../src/core/batch.ts';
import { FakeQuarantine } from '../../support/fake-quarantine.ts';

function rawOf(keys: readonly string[]): RawBatch {
  const column = ByteColumn.of(keys.map((key) => Buffer.from(key)));
  return {
    origin: { topic: 'payments.by-card', partition: 0 },
    count: keys.length,
    offsets: Float64Array.from(keys, (_, i) => i),
    timestampMs: new Float64Array(keys.length),
    keys: column,
    values: column,
    offsetNext: keys.length,
    highWatermark: keys.length,
    receivedAtMs: 0,
  };
}

function readerOf(ids: Array<string | null>): { reader: EventPlacesReader; quarantine: FakeQuarantine } {
  const quarantine = new FakeQuarantine();
  const source = {
    topicId: async () => (ids.length > 1 ? ids.shift() : ids[0]) ?? null,
    partitions: async () => 3,
  };
  return { reader: new EventPlacesReader('my-topic', source, quarantine), quarantine };
}

async function placesOf(reader: EventPlacesReader, keys: readonly string[]): Promise<[number[], number[]]> {
  const raw = rawOf(keys);
  await reader.prepare(raw);
  const { partitions, offsets } = reader.of(raw);
  return [[...partitions], [...offsets]];
}

t.test('places of events', async (t) => {
  const { reader, quarantine } = readerOf(['id']);
  const keys = ['my-topic@id-1-17', 'my-topic@id-2-0', 'my-topic@id-3-0', 'other@id-1-1', 'junk'];
  const [partitions, offsets] = await placesOf(reader, keys);
  t.same(partitions, [1, 2, -1, -1, -1]);
  t.same(offsets.slice(0, 2), [17, 0]);
  t.equal(quarantine.records.length, 3, 'no such partition, another topic, no place');
});

t.test('places of items', async (t) => {
  const { reader, quarantine } = readerOf(['id']);
  const keys = [
    'my-topic@id-1-17.0',
    'my-topic@id-2-0.9999',
    'my-topic@id-1-.3',
    'my-topic@id-1-5.',
    'my-topic@id-1-5.40000',
  ];
  const [partitions, offsets] = await placesOf(reader, keys);
  t.same(partitions, [1, 2, -1, -1, -1]);
  t.same(offsets.slice(0, 2), [17 + 1 / 2 ** 15, 10_000 / 2 ** 15]);
  t.equal(quarantine.records.length, 3);
});

t.test('a topic that is created again', async (t) => {
  const { reader, quarantine } = readerOf(['first', 'second']);
  t.same((await placesOf(reader, ['my-topic@first-0-8']))[0], [0]);
  t.equal(reader.topicId, 'first');
  const both = ['my-topic@first-0-9', 'my-topic@second-0-0', 'my-topic@first-1-3', 'my-topic@second-0-1'];
  t.same((await placesOf(reader, both))[0], [-1, 0, -1, 0]);
  t.equal(reader.topicId, 'second');
  t.ok(await reader.isFormer('first'));
  t.notOk(await reader.isFormer('second'));
  t.equal(quarantine.records.length, 0);
});

t.test('a log without ids', async (t) => {
  const { reader } = readerOf([null]);
  t.same((await placesOf(reader, ['my-topic-1-17']))[0], [1]);
});
