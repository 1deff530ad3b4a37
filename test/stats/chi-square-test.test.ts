import t from 'tap';
import { chiSquare, chiSquareTest } from '../../src/stats/chi-square-test.ts';
import { makeDriftReference } from '../../src/stats/drift-reference.ts';
import { WindowColumn } from '../../src/stats/drift-statistic.ts';
import { Random } from '../../src/stats/random.ts';
import vectors from '../vectors/stats-drift.json' with { type: 'json' };
import { near } from './close.ts';

t.test('equals SciPy if every expected count is at least five', (t) => {
  for (const { a, b, statistic, degrees, p, cramersV } of vectors.chiSquare) {
    const found = chiSquareTest(a, b);
    t.ok(near(found.statistic, statistic, 1e-10));
    t.equal(found.degrees, degrees);
    t.ok(near(found.pValue, p, 1e-9));
    t.ok(near(found.cramersV, cramersV, 1e-10));
  }
  t.end();
});

t.test('small bins are pooled, empty ones are left out', (t) => {
  const whole = chiSquareTest([60, 50, 10], [40, 60, 12]);
  t.same(chiSquareTest([60, 50, 4, 0, 6], [40, 60, 1, 0, 11]), whole, 'two small bins are pooled');
  t.same(
    chiSquareTest([60, 50, 10, 1], [40, 60, 11, 0]).degrees,
    2,
    'a small bin is pooled with the smallest',
  );
  t.match(chiSquareTest([30, 0], [20, 0]), { statistic: 0, degrees: 0, pValue: 1 });
  t.throws(() => chiSquareTest([1], [1, 2]), { code: 'INVARIANT' });
  t.end();
});

t.test('Monte Carlo: the p-value is uniform if nothing has drifted', (t) => {
  const random = new Random(3);
  const draw = (rows: number): Float32Array =>
    Float32Array.from({ length: rows }, () => -Math.log(1 - random.nextDouble()));
  let below = 0;
  const runs = 600;
  for (let run = 0; run < runs; run += 1) {
    const rows = draw(1_000);
    const { features } = makeDriftReference(rows, 1_000, ['x'], ['numeric'], rows, 1);
    const column = { ...features[0]!, rowCount: 1_000 };
    const { pValue } = chiSquare().fit(column)(new WindowColumn(draw(500), column));
    if (pValue! <= 0.05) below += 1;
  }
  // The deciles are computed from the reference itself, which makes the test conservative.
  t.ok(below / runs <= 0.075 && below / runs >= 0.02, `${below} of ${runs}`);
  t.end();
});
