import fc from 'fast-check';
import t from 'tap';
import { chunkOf } from '../../../src/adapters/embedded/log-chunk.ts';
import { LogStore } from '../../../src/adapters/embedded/log-store.ts';
import { ByteColumn } from '../../../src/core/byte-column.ts';

const ORIGIN = { topic: 'orders', partition: 1 };

/** Chunks of these lengths one after the other, each of which is dropped again or not; others in the partitions beside it. */
function storeOf(chunks: ReadonlyArray<{ length: number; isDropped: boolean }>): LogStore {
  const store = new LogStore(null);
  let base = 0;
  for (const { length, isDropped } of chunks) {
    const none = ByteColumn.of(Array.from({ length }, () => null));
    const chunk = chunkOf(base, new Float64Array(length), none, none);
    for (const partition of [0, 1, 2]) store.insert({ topic: 'orders', partition }, chunk);
    if (isDropped) store.drop(ORIGIN, base);
    base += length;
  }
  return store;
}

const someChunks = fc.array(fc.record({ length: fc.integer({ min: 1, max: 4 }), isDropped: fc.boolean() }), {
  maxLength: 12,
});

t.test('the bounds and the chunk of every offset are those that a walk over all chunks finds', async (t) => {
  fc.assert(
    fc.property(someChunks, (chunks) => {
      const store = storeOf(chunks);
      let end = 0;
      const kept = chunks.flatMap(({ length, isDropped }) => {
        const base = end;
        end += length;
        return isDropped ? [] : [{ base, end }];
      });
      const [first, last] = [kept[0], kept.at(-1)];
      const bounds = first === undefined || last === undefined ? null : { low: first.base, high: last.end };
      t.strictSame(store.bounds(ORIGIN), bounds);
      for (let offset = 0; offset <= end; offset++) {
        const expected = kept.find((chunk) => chunk.end > offset)?.base;
        t.equal(store.chunkAt(ORIGIN, offset)?.baseOffset, expected);
      }
      store.close();
    }),
    { numRuns: 50 },
  );
});

t.test('what ends before an offset is dropped, except for the last chunk', async (t) => {
  fc.assert(
    fc.property(someChunks, fc.nat(50), (chunks, offset) => {
      const store = storeOf(chunks.map((chunk) => ({ ...chunk, isDropped: false })));
      const before = store.bounds(ORIGIN);
      store.dropBefore(ORIGIN, offset);
      const ends = chunks.map((_, i) => chunks.slice(0, i + 1).reduce((sum, { length }) => sum + length, 0));
      const low = [0, ...ends].findLast((base, i) => i < chunks.length && (base <= offset || i === 0));
      t.strictSame(store.bounds(ORIGIN), before === null ? null : { low, high: before.high });
      t.strictSame(store.bounds({ topic: 'orders', partition: 0 }), before, 'another partition');
      store.close();
    }),
    { numRuns: 50 },
  );
});
