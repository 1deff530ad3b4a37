import t from 'tap';
import { adjustPValues } from '../../src/stats/benjamini-hochberg.ts';
import type { DriftReference } from '../../src/core/reports.ts';
import { makeDriftReference, openEndsOf } from '../../src/stats/drift-reference.ts';
import { driftReport } from '../../src/stats/drift.ts';
import { ksPValue, ksStatistic } from '../../src/stats/ks.ts';
import { Random } from '../../src/stats/random.ts';
import { near } from './close.ts';

const names = ['steady', 'shifted', 'missing', 'carrier'] as const;
const kinds = ['numeric', 'numeric', 'numeric', 'categorical'] as const;

/** Four columns; `late` moves the second, empties the third more often and changes the mix of the fourth. */
function window(random: Random, rowCount: number, late: boolean): Float32Array {
  const matrix = new Float32Array(4 * rowCount);
  for (let row = 0; row < rowCount; row += 1) {
    matrix[4 * row] = random.nextDouble();
    matrix[4 * row + 1] = random.nextDouble() + (late ? 0.5 : 0);
    matrix[4 * row + 2] = random.nextDouble() < (late ? 0.5 : 0.05) ? NaN : random.nextDouble();
    matrix[4 * row + 3] = random.nextDouble() < (late ? 0.8 : 0.3) ? 0 : 1 + random.nextInt(3);
  }
  return matrix;
}

const random = new Random(9);
const training = window(random, 6_000, false);
const scores = Float32Array.from({ length: 6_000 }, () => random.nextDouble());
const made = makeDriftReference(training, 6_000, names, kinds, scores, 1);
const reference = JSON.parse(JSON.stringify(made)) as DriftReference;

t.test('a window like the reference is stable, another is not', (t) => {
  const like = driftReport(reference, window(random, 1_000, false), 1_000, scores);
  t.same(
    like.features.map((f) => f.verdict),
    ['stable', 'stable', 'stable', 'stable'],
  );
  t.equal(like.driftedCount, 0);
  t.equal(like.score?.verdict, 'stable');
  const lowered = scores.map((s) => s / 2);
  const late = driftReport(reference, window(random, 1_000, true), 1_000, lowered);
  t.same(
    late.features.map((f) => [f.feature, f.verdict, f.drifted]),
    [
      ['steady', 'stable', false],
      ['shifted', 'drifted', true],
      ['missing', 'drifted', true],
      ['carrier', 'drifted', true],
    ],
  );
  t.equal(late.driftedCount, 3);
  t.equal(late.score?.verdict, 'drifted');
  t.equal(late.features[3]?.ks, null, 'categories have no order');
  t.end();
});

t.test('the figures are those of the statistics themselves', (t) => {
  const rowCount = 700;
  const matrix = window(random, rowCount, true);
  const { features } = driftReport(reference, matrix, rowCount, null);
  const adjusted = adjustPValues(features.map((f) => f.pValue!));
  features.forEach((f, i) => {
    t.equal(f.n, rowCount);
    t.equal(f.pAdjusted, adjusted[i]);
    t.ok(f.js! >= 0 && f.js! <= 1);
    const column = reference.features[i]!;
    if (column.kind === 'categorical') return;
    const ranked = (v: number): number => (Number.isNaN(v) || v < -1e38 ? -Infinity : v);
    const current = Float32Array.from({ length: rowCount }, (_, row) => ranked(matrix[4 * row + i]!)).sort();
    const sample = Float32Array.from(column.sample, ranked);
    const ks = ksStatistic(sample, current);
    t.equal(f.ks, ks);
    t.ok(near(f.pValue!, ksPValue(ks, 2_000, rowCount), 1e-15));
  });
  t.end();
});

t.test('the practical floor gives way to the null quantile where rows are few', (t) => {
  const few = driftReport(reference, window(random, 60, false), 60, null, { rowsMin: 50 });
  t.ok(few.features[0]!.psiThreshold! > 0.3);
  const many = driftReport(reference, window(random, 1_000, false), 1_000, null);
  t.equal(many.features[0]!.psiThreshold, 0.2);
  t.end();
});

t.test('too few rows say nothing', (t) => {
  const report = driftReport(reference, window(random, 199, true), 199, scores);
  for (const f of [...report.features, report.score!]) {
    t.match(f, { verdict: 'insufficient', drifted: false, psi: null, ks: null, pValue: null, n: 199 });
  }
  t.equal(report.driftedCount, 0);
  t.equal(report.score?.feature, 'score');
  t.end();
});

t.test('a reference is deterministic, bounded and refuses what does not fit', (t) => {
  t.same(makeDriftReference(training, 6_000, names, kinds, scores, 1), made);
  t.equal(made.features[0]!.sample.length, 2_000);
  const steady = new Set(Array.from({ length: 6_000 }, (_, row) => training[4 * row]!));
  t.ok(
    made.features[0]!.sample.every((v) => steady.has(Math.fround(v))),
    'nine digits are the float32',
  );
  t.throws(() => makeDriftReference(training, 6_001, names, kinds, scores, 1), { code: 'INVARIANT' });
  t.throws(() => driftReport(reference, training, 6_001, null), { code: 'INVARIANT' });
  t.end();
});

t.test('an end of the range that many rows share is not open', (t) => {
  const rows = Float32Array.from({ length: 900 }, (_, i) => (i < 100 ? 0 : i));
  const [column] = makeDriftReference(rows, 900, ['delay'], ['numeric'], rows, 1).features;
  t.equal(openEndsOf(column!), 1);
  t.equal(openEndsOf(made.features[0]!), 2);
  t.equal(openEndsOf(made.features[3]!), 0);
  t.end();
});

t.test('under no drift, false alarms over many windows stay rare', (t) => {
  let alarms = 0;
  for (let run = 0; run < 100; run += 1) {
    alarms += driftReport(reference, window(random, 300, false), 300, null, { psiFloor: 0 }).driftedCount;
  }
  t.ok(alarms <= 8, `${alarms} alarms in 400 columns`);
  t.end();
});
