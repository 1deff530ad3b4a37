import * as fc from 'fast-check';
import t from 'tap';
import { adjustPValues } from '../../src/stats/benjamini-hochberg.ts';
import vectors from '../vectors/stats-others.json' with { type: 'json' };
import { allNear } from './close.ts';

/** Which hypotheses are rejected at false discovery rate `q`: those whose adjusted p-value is at most q. */
function rejectedAt(pValues: ArrayLike<number>, q: number): boolean[] {
  return Array.from(adjustPValues(pValues), (p) => p <= q);
}

t.test('equals SciPy', (t) => {
  for (const { p, adjusted } of vectors.hochberg) t.ok(allNear(adjustPValues(p), adjusted, 1e-14));
  t.end();
});

t.test('a test that was not performed does not count', (t) => {
  const adjusted = adjustPValues([NaN, 0.02, NaN, 0.01]);
  t.ok(Number.isNaN(adjusted[0]) && Number.isNaN(adjusted[2]));
  t.same([adjusted[1], adjusted[3]], [0.02, 0.02]);
  t.same(rejectedAt([NaN, 0.02, 0.5], 0.05), [false, true, false]);
  t.end();
});

t.test('property: never below the p-value, at most 1, in the same order', (t) => {
  const p = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(fc.array(p, { maxLength: 40 }), (values) => {
      const adjusted = adjustPValues(values);
      return values.every(
        (a, i) =>
          adjusted[i]! >= a - 1e-15 &&
          adjusted[i]! <= 1 &&
          values.every((b, j) => a > b || adjusted[i]! <= adjusted[j]!),
      );
    }),
  );
  t.end();
});

t.test('property: rejections equal those of the step-up procedure', (t) => {
  const p = fc.double({ min: 0, max: 0.2, noNaN: true });
  fc.assert(
    fc.property(fc.array(p, { minLength: 1, maxLength: 30 }), (values) => {
      const sorted = values.toSorted((a, b) => a - b);
      const last = sorted.findLastIndex((v, i) => (v * values.length) / (i + 1) <= 0.05);
      return rejectedAt(values, 0.05).every((r, i) => r === (last >= 0 && values[i]! <= sorted[last]!));
    }),
  );
  t.end();
});
