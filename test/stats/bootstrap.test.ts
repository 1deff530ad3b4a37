import * as fc from 'fast-check';
import t from 'tap';
import { meanAt, pairedBootstrap, percentileInterval } from '../../src/stats/bootstrap.ts';
import { Random } from '../../src/stats/random.ts';
import vectors from '../vectors/stats-others.json' with { type: 'json' };
import { allNear, near } from './close.ts';

const { differences, indices, means, low, high } = vectors.bootstrap;

t.test('equals NumPy for given resamples', (t) => {
  const values = Float64Array.from(differences);
  const ours = Float64Array.from(indices, (row) => meanAt(values, row));
  t.ok(allNear(ours, means, 1e-14));
  const interval = percentileInterval(ours, 0.95);
  t.ok(near(interval.low, low, 1e-14) && near(interval.high, high, 1e-14));
  t.end();
});

t.test('with its own resamples, the interval is close to NumPy’s', (t) => {
  const zeros = differences.map(() => 0);
  const own = pairedBootstrap(differences, zeros, { seed: 5, resamples: 4_000 });
  t.ok(near(own.mean, differences.reduce((a, b) => a + b, 0) / differences.length, 1e-14));
  t.ok(Math.abs(own.low - low) < 0.02 && Math.abs(own.high - high) < 0.02);
  t.same(
    pairedBootstrap(differences, zeros, { seed: 5, resamples: 4_000 }),
    own,
    'the same seed gives the same interval',
  );
  t.notSame(pairedBootstrap(differences, zeros, { seed: 6, resamples: 4_000 }), own);
  t.end();
});

t.test('covers the true difference at about the nominal rate', (t) => {
  const random = new Random(2);
  const runs = 400;
  let covered = 0;
  for (let run = 0; run < runs; run += 1) {
    // Skewed losses with a true mean difference of 0.25: exponential(1) against 0.75 of another.
    const loss = (): number => -Math.log(1 - random.nextDouble());
    const champion = Float64Array.from({ length: 200 }, loss);
    const candidate = Float64Array.from({ length: 200 }, () => 0.75 * loss());
    const interval = pairedBootstrap(champion, candidate, { seed: run, resamples: 200, confidence: 0.9 });
    covered += interval.low <= 0.25 && interval.high >= 0.25 ? 1 : 0;
  }
  const share = covered / runs;
  t.ok(share > 0.85 && share < 0.94, `coverage is ${share}, nominally 0.9`);
  t.end();
});

t.test('unequal numbers of rows, and no rows, are rejected', (t) => {
  t.throws(() => pairedBootstrap([1], [1, 2], { seed: 1 }), { code: 'INVARIANT' });
  t.throws(() => pairedBootstrap([], [], { seed: 1 }), { code: 'INVARIANT' });
  t.end();
});

t.test('property: low <= high, both within the differences', (t) => {
  const losses = fc.array(fc.double({ min: 0, max: 20, noNaN: true }), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(losses, fc.integer(), (champion, seed) => {
      const candidate = champion.map((x) => x / 2);
      const interval = pairedBootstrap(champion, candidate, { seed, resamples: 50 });
      const halves = champion.map((x) => x / 2);
      return (
        interval.low <= interval.high &&
        interval.low >= Math.min(...halves) - 1e-12 &&
        interval.high <= Math.max(...halves) + 1e-12
      );
    }),
  );
  t.end();
});
