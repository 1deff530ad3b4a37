// What a read_committed reader sees of a fetch response: no aborted transactions or markers, and exact offsets.
import * as fc from 'fast-check';
import t from 'tap';
import type { AbortedTransaction } from '../../../../src/adapters/kafka/wire/fetch-request.ts';
import { rawBatchOf } from '../../../../src/adapters/kafka/wire/fetched.ts';
import type { RawBatch } from '../../../../src/core/batch.ts';
import { encodeBatch, fetched, plain, single } from '../reference-batches.ts';

const origin = { topic: 'orders', partition: 0 };

interface Shape {
  readonly offset: number;
  readonly producer: number | null;
  readonly control?: boolean;
}

type Aborted = ReadonlyArray<readonly [producerId: number, firstOffset: number]>;

async function read(shapes: readonly Shape[], aborted: Aborted = [], from = 0): Promise<RawBatch | null> {
  const batches = await Promise.all(
    shapes.map(({ offset, producer, control = false }) =>
      single(offset, { producerId: producer ?? -1, isTransactional: producer !== null, isControl: control }),
    ),
  );
  const abortedTransactions: AbortedTransaction[] = aborted.map(([producerId, firstOffset]) => ({
    producerId: BigInt(producerId),
    firstOffset,
  }));
  return rawBatchOf(origin, fetched(Buffer.concat(batches), { abortedTransactions }), from);
}

async function offsets(shapes: readonly Shape[], aborted: Aborted = [], from = 0): Promise<number[]> {
  return [...((await read(shapes, aborted, from))?.offsets ?? [])];
}

t.test('plain records from the requested offset on', async (t) => {
  const shapes = [4, 5, 6, 7].map((offset) => ({ offset, producer: null }));
  const batch = (await read(shapes, [], 6))!;
  t.strictSame([...batch.offsets], [6, 7]);
  t.strictSame([...batch.timestampMs], [7, 7]);
  t.strictSame(Array.from(batch.values, String), ['6', '7']);
  t.equal(batch.offsetNext, 8);
  t.equal(batch.highWatermark, 1_000);
  t.equal(await read([], [], 6), null);
  t.equal(await read(shapes, [], 8), null, 'only older records: nothing moves');
});

t.test('keys and values are views of the response', async (t) => {
  const set = await single(0);
  t.equal(rawBatchOf(origin, fetched(set), 0)?.values.bytes.buffer, set.buffer);
});

t.test(
  'an aborted transaction is left out up to its marker, and the same producer is read after it',
  async (t) => {
    const shapes = [
      { offset: 0, producer: 1 },
      { offset: 1, producer: null },
      { offset: 2, producer: 1 },
      { offset: 3, producer: 1, control: true },
      { offset: 4, producer: 1 },
      { offset: 5, producer: 1, control: true },
    ];
    t.strictSame(await offsets(shapes, [[1, 0]]), [1, 4]);
    t.equal((await read(shapes, [[1, 0]]))?.offsetNext, 6, 'markers are passed over');
  },
);

t.test('interleaved aborted transactions, in any order of the broker', async (t) => {
  // The broker lists them by where they end: 2 (offsets 2 to 4) before 1 (offsets 0 to 5).
  const shapes = [
    { offset: 0, producer: 1 },
    { offset: 1, producer: 1 },
    { offset: 2, producer: 2 },
    { offset: 3, producer: 3 },
    { offset: 4, producer: 2, control: true },
    { offset: 5, producer: 1, control: true },
    { offset: 6, producer: 3, control: true },
    { offset: 7, producer: 2 },
  ];
  const listed: Aborted = [
    [2, 2],
    [1, 0],
  ];
  t.strictSame(await offsets(shapes, listed), [3, 7]);
});

t.test('an abort that began before the fetch, and two by one producer', async (t) => {
  const shapes = [
    { offset: 10, producer: 1 },
    { offset: 11, producer: 1, control: true },
    { offset: 12, producer: 1 },
    { offset: 13, producer: 1, control: true },
    { offset: 14, producer: 1 },
  ];
  const listed: Aborted = [
    [1, 3],
    [1, 12],
  ];
  t.strictSame(await offsets(shapes, listed, 10), [14]);
});

t.test('markers move the offset without a record; a compacted tail is skipped', async (t) => {
  const batch = (await read([{ offset: 9, producer: 1, control: true }], [], 9))!;
  t.equal(batch.count, 0);
  t.equal(batch.offsetNext, 10);
  const compacted = await encodeBatch({ baseOffset: 3, lastOffsetDelta: 4, records: [plain('3')] });
  t.equal(rawBatchOf(origin, fetched(compacted), 0)?.offsetNext, 8);
});

type Step = readonly ['plain' | 'write' | 'commit' | 'abort', producer: number];

t.test('any history of transactions, against a log that buffers each until it ends', async (t) => {
  const step: fc.Arbitrary<Step> = fc.tuple(
    fc.constantFrom('plain', 'write', 'write', 'write', 'commit', 'abort'),
    fc.integer({ min: 1, max: 3 }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 40 }),
      fc.nat(),
      fc.nat(),
      async (steps, startSeed, order) => {
        const shapes: Shape[] = [];
        const open = new Map<number, number[]>();
        const committed: number[] = [];
        const aborts: Array<{ producer: number; first: number; last: number }> = [];
        // Transactions that never end are beyond the last stable offset: they end here.
        const ends = [1, 2, 3].map((producer): Step => ['commit', producer]);
        for (const [what, producer] of [...steps, ...ends]) {
          const offset = shapes.length;
          const written = open.get(producer);
          if (what === 'plain') {
            shapes.push({ offset, producer: null });
            committed.push(offset);
          } else if (what === 'write') {
            shapes.push({ offset, producer });
            open.set(producer, [...(written ?? []), offset]);
          } else if (written !== undefined) {
            shapes.push({ offset, producer, control: true });
            open.delete(producer);
            if (what === 'commit') committed.push(...written);
            else aborts.push({ producer, first: written[0]!, last: offset });
          }
        }
        const start = shapes.length === 0 ? 0 : startSeed % shapes.length;
        // As the broker lists them: those whose marker is not before the fetch, and in no order that matters.
        const listed = aborts
          .filter(({ last }) => last >= start)
          .map(({ producer, first }): readonly [number, number] => [producer, first]);
        const turned = listed.toSorted(([p, a], [q, b]) => (order % 2 === 0 ? b - a : p - q));
        t.strictSame(
          await offsets(shapes.slice(start), turned, start),
          committed.filter((offset) => offset >= start).toSorted((a, b) => a - b),
        );
        if (!t.passing()) throw new Error('see above');
      },
    ),
    { numRuns: 300, seed: 1, endOnFailure: true },
  );
});
