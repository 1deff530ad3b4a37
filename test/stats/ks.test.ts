import * as fc from 'fast-check';
import t from 'tap';
import { ksPValue, ksPValueExact, ksStatistic } from '../../src/stats/ks.ts';
import vectors from '../vectors/stats-ks.json' with { type: 'json' };
import { near } from './close.ts';

const sorted = (values: ReadonlyArray<number | null>): Float64Array =>
  Float64Array.from(values, (v) => v ?? -Infinity).sort();

t.test('statistic and p-values equal ks_2samp, ties and infinities included', (t) => {
  for (const { a, b, d, asymptotic, exact } of vectors.samples) {
    const statistic = ksStatistic(sorted(a), sorted(b));
    t.ok(near(statistic, d, 1e-12), `D ${d}`);
    t.ok(near(ksPValue(statistic, a.length, b.length), asymptotic, 1e-9), `asymptotic ${asymptotic}`);
    t.ok(near(ksPValueExact(statistic, a.length, b.length), exact, 1e-9), `exact ${exact}`);
  }
  t.end();
});

t.test('an empty sample has no statistic; NaN and exact counts that are too large are rejected', (t) => {
  t.ok(Number.isNaN(ksStatistic(new Float64Array(0), Float64Array.of(1))));
  t.throws(() => ksStatistic(Float64Array.of(1, NaN), Float64Array.of(1)), { code: 'INVARIANT' });
  t.throws(() => ksPValueExact(0.1, 5_000, 5_000), { code: 'INVARIANT' });
  t.equal(ksPValueExact(0, 5, 7), 1);
  t.end();
});

t.test('property: D is the greatest distance at any pooled value', (t) => {
  // With few distinct values, ties are common.
  const sample = fc.array(fc.integer({ min: -8, max: 8 }), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(sample, sample, (a, b) => {
      const share = (values: number[], at: number): number =>
        values.filter((v) => v <= at).length / values.length;
      const brute = Math.max(...[...a, ...b].map((at) => Math.abs(share(a, at) - share(b, at))));
      const d = ksStatistic(sorted(a), sorted(b));
      return near(d, brute, 1e-12) && near(d, ksStatistic(sorted(b), sorted(a)), 1e-15);
    }),
  );
  t.end();
});

t.test('property: the exact p-value is the share of interleavings that reach D', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 }), fc.nat(24), (na, nb, k) => {
      const reach = k % (na * nb + 1);
      let all = 0;
      let reaching = 0;
      const walk = (i: number, j: number, reached: boolean): void => {
        const now = reached || Math.abs(i * nb - j * na) >= reach;
        if (i === na && j === nb) {
          all += 1;
          reaching += now ? 1 : 0;
        }
        if (i < na) walk(i + 1, j, now);
        if (j < nb) walk(i, j + 1, now);
      };
      walk(0, 0, false);
      return near(ksPValueExact(reach / (na * nb), na, nb), reaching / all, 1e-12);
    }),
  );
  t.end();
});
