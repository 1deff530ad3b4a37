import * as fc from 'fast-check';
import t from 'tap';
import { jensenShannonDistance, jensenShannonDivergence } from '../../src/stats/js.ts';
import vectors from '../vectors/stats-others.json' with { type: 'json' };
import { near } from './close.ts';

t.test('equals SciPy', (t) => {
  for (const { p, q, distance } of vectors.shannon) {
    t.ok(near(jensenShannonDistance(p, q), distance, 1e-12));
    t.ok(near(jensenShannonDivergence(p, q), distance ** 2, 1e-12));
  }
  t.end();
});

t.test('a side without mass has no divergence; sides of unequal length are refused', (t) => {
  t.ok(Number.isNaN(jensenShannonDivergence([0, 0], [1, 2])));
  t.throws(() => jensenShannonDivergence([1], [1, 2]), { code: 'INVARIANT' });
  t.end();
});

t.test('property: symmetric, within [0, 1], 0 for equal shares', (t) => {
  const counts = fc.array(fc.nat(1000), { minLength: 6, maxLength: 6 }).filter((c) => c.some((x) => x > 0));
  fc.assert(
    fc.property(counts, counts, (p, q) => {
      const d = jensenShannonDivergence(p, q);
      const twice = p.map((x) => 2 * x);
      return (
        d >= 0 &&
        d <= 1 + 1e-12 &&
        near(d, jensenShannonDivergence(q, p), 1e-12) &&
        jensenShannonDivergence(p, twice) < 1e-15
      );
    }),
  );
  t.end();
});
