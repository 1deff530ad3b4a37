import t from 'tap';
import { chiSquareQuantile, chiSquareTail } from '../../src/stats/chi-square.ts';
import vectors from '../vectors/stats-psi.json' with { type: 'json' };

const relative = (a: number, b: number): number => Math.abs(a - b) / Math.abs(b);

t.test('the tail equals SciPy in relative terms, even far out', (t) => {
  for (const { x, degrees, p } of vectors.tails) {
    t.ok(relative(chiSquareTail(x, degrees), p) < 1e-11, `x ${x}, ${degrees} degrees`);
  }
  t.end();
});

t.test('the quantile equals SciPy', (t) => {
  for (const { alpha, degrees, x } of vectors.quantiles) {
    t.ok(relative(chiSquareQuantile(alpha, degrees), x) < 1e-11, `alpha ${alpha}, ${degrees} degrees`);
  }
  t.end();
});

t.test('edge cases', (t) => {
  t.equal(chiSquareTail(0, 5), 1);
  t.equal(chiSquareTail(-1, 5), 1);
  t.equal(chiSquareTail(Infinity, 5), 0);
  t.equal(chiSquareTail(0.1, 0), 0, 'no degrees: all mass at 0');
  t.equal(chiSquareQuantile(0.05, 0), 0);
  t.ok(Number.isNaN(chiSquareTail(NaN, 3)));
  t.end();
});
