import fc from 'fast-check';
import t from 'tap';
import { PartitionTail } from '../../../src/serving/sockets/partition-tail.ts';
import { predictionBlock } from '../../support/prediction-block.ts';

const ORIGIN = { topic: 'flights', partition: 0 };
const ROWS_MAX = 12;

const blocks = fc.array(fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 8 }), {
  maxLength: 25,
});

await t.test('it has the newest rows without a gap, from its floor on', (t) => {
  fc.assert(
    fc.property(blocks, fc.nat(150), (gaps, cursor) => {
      const tail = new PartitionTail(ORIGIN, ROWS_MAX);
      const all: number[] = [];
      let largest = 0;
      for (const [sequence, steps] of gaps.entries()) {
        const offsets = steps.map((gap) => (all.at(-1) ?? -1) + gap).map((first, i) => first + i * 6);
        tail.push({
          sequence,
          rows: predictionBlock(
            ORIGIN,
            offsets.sort((a, b) => a - b).filter((x, i) => x !== offsets[i - 1]),
          ),
          from: 0,
        });
        all.push(...new Set(offsets));
        largest = Math.max(largest, offsets.length);
      }
      const { floor } = tail;
      if (all.length === 0) return floor === null && tail.after(cursor) === null;
      if (floor === null) return false;
      const kept = all.filter((offset) => offset >= floor);
      const fits =
        kept.length <= Math.max(ROWS_MAX, largest) && kept.length >= Math.min(all.length, ROWS_MAX - largest);
      const next = tail.after(Math.max(cursor, floor - 1));
      const expected = kept.find((offset) => offset > cursor);
      return (
        fits &&
        next?.rows.offsets[next.from] === expected &&
        tail.begin === all[0] &&
        tail.through === all.at(-1)
      );
    }),
  );
  t.end();
});

await t.test('sequences and offsets of delivered blocks', (t) => {
  const tail = new PartitionTail(ORIGIN);
  tail.push({ sequence: 3, rows: predictionBlock(ORIGIN, [10, 12]), from: 0 });
  tail.push({ sequence: 7, rows: predictionBlock(ORIGIN, [12, 15]), from: 1 });
  t.equal(tail.sequenceOf(12), 3);
  t.equal(tail.sequenceOf(15), 7);
  t.equal(tail.sequenceOf(11), null, 'not a prediction');
  t.equal(tail.sequenceOf(99), null);
  t.equal(tail.offsetAt(2), 9, 'before the first');
  t.equal(tail.offsetAt(5), 12);
  t.equal(tail.offsetAt(7), 15);
  t.equal(tail.firstNew(predictionBlock(ORIGIN, [12, 15, 16])), 2);
  tail.begins(12);
  t.equal(tail.reached, 12, 'uncommitted predictions do not count');
  t.equal(tail.floor, null);
  t.equal(tail.through, 15, 'the newest delivered offset is still known');
  t.end();
});
