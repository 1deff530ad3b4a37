// The rounds and folds of a search: what is predicted is newer than what is learnt from, and the cost stays within bounds.
import * as fc from 'fast-check';
import t from 'tap';
import { foldsOf, rowsLearnt } from '../../../../src/learning/trainers/search/folds.ts';
import { rungsOf } from '../../../../src/learning/trainers/search/rungs.ts';

t.test('property: folds cover the newest half once, each behind what it is predicted from', async () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 1_000 }),
      fc.integer({ min: 60, max: 5_000 }),
      fc.integer({ min: 1, max: 20 }),
      fc.boolean(),
      (from, rows, count, validates) => {
        const folds = foldsOf(from, from + rows, count, validates);
        const inOrder = folds.every(
          (fold, i) =>
            fold.from === from &&
            fold.trainEnd > from &&
            fold.trainEnd <= fold.testFrom &&
            fold.testFrom < fold.testEnd &&
            fold.testEnd === (folds[i + 1]?.testFrom ?? from + rows),
        );
        const tested = folds.reduce((sum, { testFrom, testEnd }) => sum + testEnd - testFrom, 0);
        return folds.length === count && inOrder && tested === Math.floor(rows / 2);
      },
    ),
  );
});

t.test(
  'property: rounds end with one, grow, and cost what they may, but for the least that a round needs',
  async () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 64 }),
        fc.integer({ min: 60, max: 200_000 }),
        fc.integer({ min: 2, max: 10 }),
        fc.double({ min: 0.5, max: 50, noNaN: true }),
        fc.integer({ min: 1, max: 10 }),
        (trainers, rowCount, keepOneIn, windows, folds) => {
          const cost = (rows: number): number => rowsLearnt(rows, folds);
          const rungs = rungsOf(trainers, rowCount, keepOneIn, cost, windows * rowCount);
          const left = rungs.reduce(
            (size, rung) => (rung.trainers === size ? Math.ceil(size / keepOneIn) : NaN),
            trainers,
          );
          const spent = rungs
            .filter(({ rows }) => rows > 300)
            .reduce((sum, { trainers: size, rows }) => sum + size * cost(rows), 0);
          return (
            left === 1 &&
            rungs.every(({ rows }, i) => rows <= rowCount && rows >= (rungs[i - 1]?.rows ?? 0)) &&
            spent <= windows * rowCount * 1.01 + 64 * folds
          );
        },
      ),
    );
  },
);

t.test('the rounds of nine trainers', async (t) => {
  const rungs = rungsOf(9, 10_000, 3, (rows) => rowsLearnt(rows, 3), 100_000);
  t.same(rungs, [
    { trainers: 9, rows: 2_777 },
    { trainers: 3, rows: 8_332 },
  ]);
});
