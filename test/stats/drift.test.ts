import t from 'tap';
import { adjustPValues } from '../../src/stats/benjamini-hochberg.ts';
import { nullQuantile, psiPValue } from '../../src/stats/binned-null.ts';
import { chiSquare } from '../../src/stats/chi-square-test.ts';
import type { DriftReference } from '../../src/core/reports.ts';
import { makeDriftReference, openEndsOf, sortForKs } from '../../src/stats/drift-reference.ts';
import type { DriftStatistic } from '../../src/stats/drift-statistic.ts';
import { DriftComparison, type ColumnDrift } from '../../src/stats/drift.ts';
import { js } from '../../src/stats/js.ts';
import { ks, ksPValue, ksStatistic } from '../../src/stats/ks.ts';
import { psiCount } from '../../src/stats/psi-bins.ts';
import { populationStabilityIndex, psi } from '../../src/stats/psi.ts';
import { Random } from '../../src/stats/random.ts';
import { near } from './close.ts';

const names = ['steady', 'shifted', 'missing', 'carrier'] as const;
const kinds = ['numeric', 'numeric', 'numeric', 'categorical'] as const;
const Q = 0.05;

/** Four columns; `late` shifts the second, has more nulls in the third and changes the frequencies of the fourth. */
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
const psiKs = new DriftComparison(reference, [psi(), ks()], Q);

const drifted = (columns: readonly ColumnDrift[]): string[] =>
  columns.filter((column) => column.drifted).map(({ feature, statistic }) => `${statistic} ${feature}`);

t.test('a window like the reference has no drift, another one has', (t) => {
  const like = psiKs.compare(window(random, 1_000, false), 1_000, scores);
  t.same(drifted(like), []);
  const late = psiKs.compare(
    window(random, 1_000, true),
    1_000,
    scores.map((s) => s / 2),
  );
  t.same(
    late.map(({ feature, role, statistic }) => [feature, role, statistic]),
    [...names.map((name) => [name, 'feature', 'psi_ks']), ['score', 'score', 'psi_ks']],
  );
  t.same(drifted(late), ['psi_ks shifted', 'psi_ks missing', 'psi_ks carrier', 'psi_ks score']);
  t.equal(late[3]?.ks, null, 'KS does not apply to categories');
  t.end();
});

t.test('the figures of psi_ks equal those of the statistics themselves', (t) => {
  const rowCount = 700;
  const matrix = window(random, rowCount, true);
  const features = psiKs.compare(matrix, rowCount, null);
  t.equal(features.length, 4, 'without scores there is no report for the score');
  const adjusted = adjustPValues(features.map((f) => f.pValue ?? Number.NaN));
  for (const [i, f] of features.entries()) {
    t.equal(f.n, rowCount);
    t.equal(f.pAdjusted, adjusted[i]);
    t.equal(f.value, null);
    const column = reference.features[i]!;
    const values = Float32Array.from({ length: rowCount }, (_, row) => matrix[4 * row + i]!);
    const counts = new Float64Array(column.shares.length);
    psiCount(column, values, counts);
    t.equal(f.psi, populationStabilityIndex(column, counts));
    const setting = {
      referenceCount: 6_000,
      currentCount: rowCount,
      binsInUse: column.shares.filter((share) => share > 0).length,
      openEnds: openEndsOf(column),
    };
    t.equal(f.threshold, Math.max(0.2, nullQuantile(0.01, psiPValue, setting)));
    if (column.kind === 'categorical') {
      t.equal(f.pValue, psiPValue(f.psi!, setting), 'of PSI, as KS does not apply');
      continue;
    }
    const ranked = (v: number): number => (Number.isNaN(v) || v < -1e38 ? -Infinity : v);
    const distance = ksStatistic(Float32Array.from(column.sample, ranked), values.map(ranked).sort());
    t.equal(f.ks, distance);
    t.ok(near(f.pValue!, ksPValue(distance, 2_000, rowCount), 1e-15));
  }
  t.end();
});

t.test('statistics other than psi and ks have separate reports', (t) => {
  const all = new DriftComparison(reference, [js(), psi(), chiSquare(), ks()], Q);
  const found = all.compare(window(random, 1_000, true), 1_000, scores);
  t.same(
    found.map(({ statistic }) => statistic),
    ['psi_ks', 'js', 'chi_square'].flatMap((name) => Array.from({ length: 5 }, () => name)),
  );
  for (const name of ['psi_ks', 'js', 'chi_square'])
    t.same(
      drifted(found.filter(({ statistic }) => statistic === name)),
      ['shifted', 'missing', 'carrier'].map((feature) => `${name} ${feature}`),
    );
  for (const { value, psi: index, ks: distance, pAdjusted } of found.slice(5)) {
    t.ok(value! >= 0 && value! <= 1 && pAdjusted! >= 0 && pAdjusted! <= 1);
    t.same([index, distance], [null, null]);
  }
  t.same(
    new DriftComparison(reference, [ks()], Q)
      .compare(window(random, 500, true), 500, null)
      .map(({ statistic, feature, ks: distance, psi: index }) => [
        statistic,
        feature,
        distance! > 0 && index === null,
      ]),
    ['steady', 'shifted', 'missing'].map((feature) => ['ks', feature, true]),
    'ks without psi, for numeric columns only',
  );
  t.end();
});

t.test('drift is decided by a threshold, a p-value, both, or neither', (t) => {
  const fixed = (
    value: number,
    threshold: number | null,
    pValue: number | null,
    name: string,
  ): DriftStatistic => ({
    name,
    kinds: ['numeric'],
    fit: () => () => ({ value, threshold, pValue }),
  });
  const verdict = (value: number, threshold: number | null, pValue: number | null): ColumnDrift =>
    new DriftComparison(reference, [fixed(value, threshold, pValue, 'own')], Q).compare(
      window(random, 10, false),
      10,
      null,
    )[0] as ColumnDrift;
  t.match(verdict(2, 1, null), { drifted: true, value: 2, threshold: 1, pValue: null, pAdjusted: null });
  t.match(verdict(1, 1, null), { drifted: false });
  t.match(verdict(2, null, 0.01), { drifted: true, pValue: 0.01, pAdjusted: 0.01 });
  t.match(verdict(2, null, 0.06), { drifted: false });
  t.match(verdict(2, 1, 0.06), { drifted: false });
  t.match(verdict(0, 1, 0.01), { drifted: false });
  t.match(verdict(2, null, null), { drifted: false }, 'a figure without a decision');
  t.match(verdict(Number.NaN, null, 0.01), { drifted: false, value: null });
  t.match(verdict(2, 1, Number.NaN), { drifted: false, pValue: null });
  t.end();
});

t.test('with few rows the null quantile replaces the floor', (t) => {
  const few = psiKs.compare(window(random, 60, false), 60, null);
  t.ok(few[0]!.threshold! > 0.3);
  const many = psiKs.compare(window(random, 1_000, false), 1_000, null);
  t.equal(many[0]!.threshold, 0.2);
  t.end();
});

t.test('a reference is deterministic and bounded, and rejects inconsistent input', (t) => {
  t.same(makeDriftReference(training, 6_000, names, kinds, scores, 1), made);
  t.equal(made.features[0]!.sample.length, 2_000);
  const steady = new Set(Array.from({ length: 6_000 }, (_, row) => training[4 * row]!));
  t.ok(
    made.features[0]!.sample.every((v) => steady.has(Math.fround(v))),
    'nine digits represent the float32 exactly',
  );
  t.throws(() => makeDriftReference(training, 6_001, names, kinds, scores, 1), { code: 'INVARIANT' });
  t.throws(() => psiKs.compare(training, 6_001, null), { code: 'INVARIANT' });
  t.end();
});

t.test('an end of the range that many rows share is closed', (t) => {
  const rows = Float32Array.from({ length: 900 }, (_, i) => (i < 100 ? 0 : i));
  const [column] = makeDriftReference(rows, 900, ['delay'], ['numeric'], rows, 1).features;
  t.equal(openEndsOf(column!), 1);
  t.equal(openEndsOf(made.features[0]!), 2);
  t.equal(openEndsOf(made.features[3]!), 0);
  t.end();
});

t.test('without drift, false alarms over many windows are rare', (t) => {
  const statistics = [psi({ floor: 0 }), ks(), js({ floor: 0 }), chiSquare({ floor: 0 })];
  const comparison = new DriftComparison(reference, statistics, Q);
  const alarms = new Map<string, number>();
  for (let run = 0; run < 100; run += 1) {
    for (const { statistic, drifted } of comparison.compare(window(random, 300, false), 300, null))
      alarms.set(statistic, (alarms.get(statistic) ?? 0) + Number(drifted));
  }
  for (const [statistic, count] of alarms)
    t.ok(count <= 12, `${count} alarms of ${statistic} in 400 columns`);
  t.end();
});

t.test('values that are not finite: ranks, bins and a reference that JSON can hold', async (t) => {
  const values = Float32Array.of(2, Infinity, NaN, -Infinity, -3.4e38, 1e300, -0, 1e-42, 3.4e38, NaN);
  const ranks = values.slice();
  sortForKs(ranks);
  t.ok(ranks.every(Number.isFinite));
  const [missing, alsoMissing, below, least] = ranks;
  t.ok(missing === alsoMissing && (missing ?? 0) < (below ?? 0), 'a missing value is below -Infinity');
  t.ok((below ?? 0) < (least ?? 0), '-Infinity is below every value');
  t.equal(ranks.at(-1), ranks.at(-2), 'what float32 cannot hold is infinite');
  t.ok((ranks.at(-3) ?? 0) < (ranks.at(-2) ?? 0), 'Infinity is above every value');
  const rows = 1_000;
  const column = (share: number): Float32Array =>
    Float32Array.from({ length: rows }, (_, i) => (i < share * rows ? Infinity : (i * 7_919) % rows));
  const code = column(0.02).map((value) => (value === Infinity ? value : value % 3));
  const matrix = Float32Array.from(
    { length: 2 * rows },
    (_, i) => (i % 2 === 0 ? column(0.02) : code)[i >> 1] ?? 0,
  );
  const plain = new Float32Array(rows).fill(0.5);
  const found = makeDriftReference(matrix, rows, ['x', 'c'], ['numeric', 'categorical'], plain, 1);
  t.strictSame(JSON.parse(JSON.stringify(found)), found);
  const kept = new DriftComparison(found, [psi(), ks(), js(), chiSquare()], Q);
  t.same(drifted(kept.compare(matrix, rows, plain)), []);
  const shifted = matrix.map((value, i) => (i % 2 === 0 && i < rows ? Infinity : value));
  t.ok(drifted(kept.compare(shifted, rows, plain)).includes('psi_ks x'), 'half of the rows are infinite now');
  t.strictSame(
    kept.compare(shifted, rows, plain).filter(({ psi: a, ks: b, value }) => [a, b, value].some(Number.isNaN)),
    [],
  );
});
