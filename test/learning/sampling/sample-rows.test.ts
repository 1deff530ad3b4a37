// Rows that a fit gets: how many negatives are drawn, what they stand for, and what classes weigh.
import * as fc from 'fast-check';
import t from 'tap';
import { textAt, textColumn, type TextColumn } from '../../../src/core/text-column.ts';
import { sampleRows } from '../../../src/learning/sampling/sample-rows.ts';
import type { TrainingRows } from '../../../src/learning/trainer.ts';

function rowsOf(labels: readonly number[]): TrainingRows {
  const textsOfRows = (prefix: string): TextColumn => textColumn(labels.map((_, row) => `${prefix}${row}`));
  return {
    rowCount: labels.length,
    width: 2,
    features: Float32Array.from({ length: labels.length * 2 }, (_, i) => i),
    labels: Float32Array.from(labels),
    weights: Float32Array.from(labels, (_, row) => 1 + row / labels.length),
    eventTimeMs: Float64Array.from(labels, (_, row) => row),
    identities: { ids: textsOfRows('i'), keys: textsOfRows('k'), entities: textsOfRows('e') },
  };
}

const total = (weights: Float32Array): number => weights.reduce((sum, weight) => sum + weight, 0);

t.test(
  'property: every positive and validation row stays, and so many negatives as are asked for',
  async (t) => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 1, maxLength: 300 }),
        fc.double({ min: 0.1, max: 20, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer(),
        (labels, negativesPerPositive, share, seed) => {
          const all = rowsOf(labels);
          const trainCount = Math.ceil(share * labels.length);
          const sampling = { negativesPerPositive, classWeights: null };
          const { rows, trainCount: count, factors } = sampleRows(all, trainCount, sampling, 2, seed);
          const positives = labels.slice(0, trainCount).filter((label) => label === 1).length;
          const negatives = Math.min(trainCount - positives, Math.ceil(negativesPerPositive * positives));
          const given = rows.labels.subarray(0, count);
          t.equal(count, positives + negatives);
          t.equal(given.filter((label) => label === 1).length, positives);
          t.equal(rows.rowCount - count, labels.length - trainCount);
          t.equal(factors, null);
          const times = [...rows.eventTimeMs];
          t.same(
            times,
            times.toSorted((a, b) => a - b),
            'in their order',
          );
          for (const [to, row] of times.entries()) {
            t.equal(rows.features[to * 2], row * 2);
            t.equal(rows.features[to * 2 + 1], row * 2 + 1);
            t.equal(rows.labels[to], labels[row]);
            const texts = Object.values(rows.identities ?? {}).map((column) => textAt(column, to));
            t.same(texts, [`i${row}`, `k${row}`, `e${row}`]);
            if (labels[row] === 1 || to >= count) t.equal(rows.weights[to], all.weights[row]);
          }
        },
      ),
      { numRuns: 100 },
    );
  },
);

t.test('each negative stands for those that were not drawn, and each is as likely to be drawn', async (t) => {
  const all = { ...rowsOf(Array.from({ length: 1_000 }, (_, row) => Number(row % 50 === 0))) };
  all.weights.fill(1);
  const times = new Float64Array(1_000);
  for (let seed = 0; seed < 400; seed += 1) {
    const { rows } = sampleRows(all, 1_000, { negativesPerPositive: 10, classWeights: null }, 2, seed);
    t.ok(Math.abs(total(rows.weights) - 1_000) < 0.01);
    for (const row of rows.eventTimeMs) times[row] = (times[row] ?? 0) + 1;
  }
  // Drawn with a chance of 200 / 980: 81.6 times of 400, with a deviation of 8.1.
  const drawn = times.filter((_, row) => row % 50 !== 0);
  t.ok(
    Math.max(...drawn) < 81.6 + 40 && Math.min(...drawn) > 81.6 - 40,
    `${Math.min(...drawn)} to ${Math.max(...drawn)}`,
  );
  t.ok(times.every((count, row) => row % 50 !== 0 || count === 400));
});

t.test('the same seed draws the same rows, and another one others', async (t) => {
  const all = rowsOf(Array.from({ length: 500 }, (_, row) => Number(row % 25 === 0)));
  const drawn = (seed: number): Float64Array =>
    sampleRows(all, 400, { negativesPerPositive: 3, classWeights: null }, 2, seed).rows.eventTimeMs;
  t.same(drawn(1), drawn(1));
  t.notSame(drawn(1), drawn(2));
});

t.test('balanced weights are those of scikit-learn, of all rows of the stream', async (t) => {
  const all = rowsOf(Array.from({ length: 100 }, (_, row) => Number(row % 10 === 0)));
  all.weights.fill(1);
  const balanced = sampleRows(all, 100, { negativesPerPositive: null, classWeights: 'balanced' }, 2, 1);
  t.same(balanced.factors, Float64Array.of(100 / 180, 100 / 20));
  t.ok(Math.abs(total(balanced.rows.weights) - 100) < 1e-3);
  const both = sampleRows(all, 100, { negativesPerPositive: 2, classWeights: 'balanced' }, 2, 1);
  t.same(both.factors, balanced.factors);
  t.ok(Math.abs(total(both.rows.weights) - 100) < 1e-3);
  const three = sampleRows(
    rowsOf([0, 0, 0, 2]),
    4,
    { negativesPerPositive: null, classWeights: 'balanced' },
    3,
    1,
  );
  t.same(three.factors, Float64Array.of(4 / 6, 1, 4 / 2), 'a class without rows has nothing to weigh');
  const named = sampleRows(rowsOf([0, 1]), 2, { negativesPerPositive: null, classWeights: [1, 7] }, 2, 1);
  t.same(named.factors, Float64Array.of(1, 7));
});
