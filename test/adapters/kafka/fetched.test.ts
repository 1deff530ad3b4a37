// What a read_committed reader sees of a fetch response: aborted transactions and markers left out, offsets exact.
import t from 'tap';
import { rawBatchOf, type FetchedPartition } from '../../../src/adapters/kafka/fetched.ts';

const origin = { topic: 'out', partition: 0 };

interface Shape {
  readonly offset: number;
  readonly producer: string | null;
  readonly control?: boolean;
}

function response(
  shapes: readonly Shape[],
  aborted: ReadonlyArray<readonly [producerId: string, firstOffset: number]> = [],
): FetchedPartition {
  return {
    partition: 0,
    highWatermark: '1000',
    lastStableOffset: '1000',
    abortedTransactions: aborted.map(([producerId, firstOffset]) => ({
      producerId,
      firstOffset: String(firstOffset),
    })),
    messages: shapes.map(({ offset, producer, control = false }) => ({
      offset: String(offset),
      timestamp: '7',
      key: null,
      value: Buffer.from(`${offset}`),
      isControlRecord: control,
      batchContext: {
        firstOffset: String(offset),
        lastOffsetDelta: 0,
        producerId: producer ?? '-1',
        inTransaction: producer !== null,
      },
    })),
  };
}

function offsets(fetched: FetchedPartition, from = 0): number[] {
  return [...(rawBatchOf(origin, fetched, from)?.offsets ?? [])];
}

t.test('plain records from the asked offset on', async (t) => {
  const fetched = response([4, 5, 6, 7].map((offset) => ({ offset, producer: null })));
  const batch = rawBatchOf(origin, fetched, 6)!;
  t.strictSame([...batch.offsets], [6, 7]);
  t.strictSame([...batch.timestampMs], [7, 7]);
  t.strictSame(batch.values.map(String), ['6', '7']);
  t.equal(batch.offsetNext, 8);
  t.equal(batch.highWatermark, 1_000);
  t.equal(rawBatchOf(origin, response([]), 6), null);
  t.equal(rawBatchOf(origin, fetched, 8), null, 'only older records: nothing moves');
});

t.test(
  'an aborted transaction is left out up to its marker, and the same producer is heard again after it',
  async (t) => {
    const shapes = [
      { offset: 0, producer: '1' },
      { offset: 1, producer: null },
      { offset: 2, producer: '1' },
      { offset: 3, producer: '1', control: true },
      { offset: 4, producer: '1' },
      { offset: 5, producer: '1', control: true },
    ];
    t.strictSame(offsets(response(shapes, [['1', 0]])), [1, 4]);
    t.equal(rawBatchOf(origin, response(shapes, [['1', 0]]), 0)?.offsetNext, 6, 'markers are passed over');
  },
);

t.test('interleaved aborted transactions, whatever order the broker lists them in', async (t) => {
  // The broker lists them by where they end: 2 (offsets 2 to 4) before 1 (offsets 0 to 5).
  const shapes = [
    { offset: 0, producer: '1' },
    { offset: 1, producer: '1' },
    { offset: 2, producer: '2' },
    { offset: 3, producer: '3' },
    { offset: 4, producer: '2', control: true },
    { offset: 5, producer: '1', control: true },
    { offset: 6, producer: '3', control: true },
    { offset: 7, producer: '2' },
  ];
  t.strictSame(
    offsets(
      response(shapes, [
        ['2', 2],
        ['1', 0],
      ]),
    ),
    [3, 7],
  );
});

t.test('an abort that began before the fetch, and two by one producer', async (t) => {
  const shapes = [
    { offset: 10, producer: '1' },
    { offset: 11, producer: '1', control: true },
    { offset: 12, producer: '1' },
    { offset: 13, producer: '1', control: true },
    { offset: 14, producer: '1' },
  ];
  t.strictSame(
    offsets(
      response(shapes, [
        ['1', 3],
        ['1', 12],
      ]),
      10,
    ),
    [14],
  );
});

t.test('markers alone move the offset; a compacted tail is passed over', async (t) => {
  const batch = rawBatchOf(origin, response([{ offset: 9, producer: '1', control: true }]), 9)!;
  t.equal(batch.count, 0);
  t.equal(batch.offsetNext, 10);
  const compacted = response([{ offset: 3, producer: null }]);
  const last = {
    ...compacted.messages[0]!,
    batchContext: { ...compacted.messages[0]!.batchContext, lastOffsetDelta: 4 },
  };
  t.equal(rawBatchOf(origin, { ...compacted, messages: [last] }, 0)?.offsetNext, 8);
});
