import * as fc from 'fast-check';
import t from 'tap';
import { chiSquareTail } from '../../src/stats/chi-square.ts';
import { psiBins, psiBinsCategorical, psiCount } from '../../src/stats/psi-bins.ts';
import type { PsiBins } from '../../src/stats/psi-bins.ts';
import { binsInUse, nullQuantile, psiPValue } from '../../src/stats/binned-null.ts';
import { populationStabilityIndex as psi } from '../../src/stats/psi.ts';
import { Random } from '../../src/stats/random.ts';
import vectors from '../vectors/stats-psi.json' with { type: 'json' };
import { allNear, near } from './close.ts';

const numbers = (values: ReadonlyArray<number | null>): Float64Array =>
  Float64Array.from(values, (v) => v ?? NaN);

function counted(bins: PsiBins, values: Float32Array | Float64Array): Float64Array {
  const counts = new Float64Array(bins.shares.length);
  psiCount(bins, values, counts);
  return counts;
}

t.test('edges, shares and index equal NumPy’s', (t) => {
  for (const { reference, current, edges, p, q, psi: expected } of vectors.numeric) {
    const bins = psiBins(numbers(reference));
    const counts = counted(bins, numbers(current));
    t.same(bins.edges, edges);
    t.ok(allNear(bins.shares, p, 1e-15));
    t.ok(
      allNear(
        Array.from(counts, (c) => c / current.length),
        q,
        1e-15,
      ),
    );
    t.ok(near(psi(bins, counts), expected, 1e-12));
  }
  t.end();
});

t.test('values outside the reference, infinite values and missing values have their own bins', (t) => {
  const bins = psiBins(Float64Array.of(1, 2, 3, 4, NaN), 2);
  t.same(bins.edges, [1, 2.5, 4]);
  t.same(Array.from(counted(bins, Float64Array.of(0, 1, 2.5, 2.6, 4, 5, Infinity, NaN))), [2, 2, 3, 1]);
  t.end();
});

t.test('a reference without a finite value', (t) => {
  const bins = psiBins(Float64Array.of(NaN, NaN));
  t.same(bins.shares, [0, 1]);
  t.same(Array.from(counted(bins, Float64Array.of(1, NaN))), [1, 1]);
  t.end();
});

t.test('a column of a row-major matrix is counted in place', (t) => {
  const bins = psiBins(Float32Array.of(0, 1, 2, 3), 2);
  const matrix = Float32Array.of(9, 0, 9, 1, 9, 3);
  const counts = new Float64Array(4);
  psiCount(bins, matrix, counts, 3, 2, 1);
  t.same(Array.from(counts), [2, 1, 0, 0]);
  t.throws(() => psiCount(bins, matrix, counts, 4, 2, 1), { code: 'INVARIANT' });
  t.throws(() => psiCount(bins, matrix, new Float64Array(3)), { code: 'INVARIANT' });
  t.end();
});

t.test('rare and unknown categories share a bin', (t) => {
  const reference = Float32Array.from({ length: 1000 }, (_, i) => (i < 5 ? 77 : i % 2 === 0 ? 3 : 12));
  const bins = psiBinsCategorical(reference);
  t.same(bins.edges, [12, 3], 'most frequent first');
  t.same(bins.shares, [0.498, 0.497, 0.005, 0]);
  t.same(Array.from(counted(bins, Float64Array.of(3, 3, 12, 77, 99, NaN))), [1, 2, 2, 1]);
  t.equal(psi(bins, counted(bins, reference)), 0);
  t.end();
});

t.test('the PSI of no rows is NaN', (t) => {
  const bins = psiBins(Float64Array.of(1, 2, 3));
  t.ok(Number.isNaN(psi(bins, new Float64Array(bins.shares.length))));
  t.throws(() => psiBins(new Float64Array(0)), { code: 'INVARIANT' });
  t.end();
});

t.test(
  'property: bins survive JSON, shares sum to 1, the PSI of the reference is 0, that of any sample is at least 0',
  (t) => {
    const value = fc.oneof(fc.float({ noDefaultInfinity: true }), fc.integer({ min: 0, max: 3 }));
    const sample = fc.array(value, { minLength: 1, maxLength: 80 });
    fc.assert(
      fc.property(sample, sample, (a, b) => {
        const reference = Float64Array.from(a);
        return [psiBins(reference), psiBinsCategorical(reference)].every((made) => {
          const bins = JSON.parse(JSON.stringify(made)) as PsiBins;
          const total = bins.shares.reduce((sum, p) => sum + p, 0);
          const ofReference = counted(bins, reference);
          const current = counted(bins, Float64Array.from(b));
          return (
            near(total, 1, 1e-12) &&
            psi(bins, ofReference) === 0 &&
            psi(bins, current) >= 0 &&
            current.reduce((sum, c) => sum + c, 0) === b.length
          );
        });
      }),
    );
    t.end();
  },
);

t.test('the null quantile agrees with a Monte Carlo of 2,000 samples without drift', (t) => {
  const random = new Random(11);
  const continuous = (): number => random.nextDouble();
  const whole = (): number => random.nextInt(12);
  const cases = [
    { n: 1_000, m: 1_000, alpha: 0.05, openEnds: 2, draw: continuous },
    { n: 500, m: 1_000, alpha: 0.05, openEnds: 2, draw: continuous },
    { n: 4_000, m: 400, alpha: 0.05, openEnds: 2, draw: continuous },
    { n: 2_000, m: 1_000, alpha: 0.01, openEnds: 2, draw: continuous },
    { n: 1_000, m: 1_000, alpha: 0.05, openEnds: 0, draw: whole },
  ] as const;
  for (const { n, m, alpha, openEnds, draw } of cases) {
    const runs = 2_000;
    let beyond = 0;
    let bins = psiBins(Float64Array.of(0, 1));
    let threshold = NaN;
    for (let run = 0; run < runs; run += 1) {
      if (run % 20 === 0) {
        bins = psiBins(Float64Array.from({ length: n }, draw));
        const setting = { referenceCount: n, currentCount: m, binsInUse: binsInUse(bins), openEnds };
        threshold = nullQuantile(alpha, psiPValue, setting);
      }
      const current = Float64Array.from({ length: m }, draw);
      beyond += psi(bins, counted(bins, current)) > threshold ? 1 : 0;
    }
    const share = beyond / runs;
    const name = `n ${n}, m ${m}, ${openEnds} open ends: ${share} beyond the ${1 - alpha} quantile`;
    t.ok(share > 0.6 * alpha && share < 1.5 * alpha, name);
    t.comment(name);
  }
  t.end();
});

t.test('with closed ends it equals the chi-square approximation, and quantile and tail agree', (t) => {
  for (const openEnds of [0, 1, 2] as const) {
    const setting = { referenceCount: 900, currentCount: 400, binsInUse: 7, openEnds };
    t.ok(near(psiPValue(nullQuantile(0.03, psiPValue, setting), setting), 0.03, 1e-6));
    t.equal(psiPValue(0, setting), 1);
  }
  const closed = { referenceCount: 900, currentCount: 400, binsInUse: 10, openEnds: 0 } as const;
  const tail = chiSquareTail(0.05 / (1 / 900 + 1 / 400), 9);
  t.ok(near(psiPValue(0.05, closed), tail, 1e-15));
  t.equal(binsInUse(psiBins(Float64Array.from({ length: 100 }, (_, i) => i))), 10);
  t.end();
});

t.test('a column with a single value has a null quantile of almost 0', (t) => {
  for (const binsInUse of [0, 1]) {
    const quantile = nullQuantile(0.01, psiPValue, {
      referenceCount: 1_000,
      currentCount: 500,
      binsInUse,
      openEnds: 0,
    });
    t.ok(quantile > 0 && quantile < 1e-8, `${binsInUse} bins: ${quantile}`);
  }
  t.end();
});
