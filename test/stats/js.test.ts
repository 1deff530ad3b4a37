import * as fc from 'fast-check';
import t from 'tap';
import { makeDriftReference } from '../../src/stats/drift-reference.ts';
import { WindowColumn } from '../../src/stats/drift-statistic.ts';
import { jensenShannonDivergence, js } from '../../src/stats/js.ts';
import { Random } from '../../src/stats/random.ts';
import vectors from '../vectors/stats-others.json' with { type: 'json' };
import { near } from './close.ts';

t.test('equals SciPy', (t) => {
  for (const { p, q, distance } of vectors.shannon) {
    t.ok(near(Math.sqrt(jensenShannonDivergence(p, q)), distance, 1e-12));
    t.ok(near(jensenShannonDivergence(p, q), distance ** 2, 1e-12));
  }
  t.end();
});

t.test('a side without mass has no divergence; sides of unequal length are rejected', (t) => {
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

t.test('Monte Carlo: the null quantile is exceeded at its nominal rate', (t) => {
  const random = new Random(5);
  const draw = (rows: number): Float32Array => Float32Array.from({ length: rows }, () => random.nextDouble());
  for (const [n, m] of [
    [1_000, 1_000],
    [6_000, 500],
  ] as const) {
    let above = 0;
    let small = 0;
    const runs = 500;
    for (let run = 0; run < runs; run += 1) {
      const rows = draw(n);
      const { features } = makeDriftReference(rows, n, ['x'], ['numeric'], rows, 1);
      const column = { ...features[0]!, rowCount: n };
      const statistic = js({ floor: 0, alpha: 0.05 });
      const { value, threshold, pValue } = statistic.fit(column)(new WindowColumn(draw(m), column));
      if (value > threshold!) above += 1;
      if (pValue! <= 0.05) small += 1;
    }
    t.equal(small, above, 'the p-value agrees with the quantile');
    t.ok(above / runs > 0.025 && above / runs < 0.08, `${above} of ${runs} at n = ${n}, m = ${m}`);
  }
  t.end();
});
