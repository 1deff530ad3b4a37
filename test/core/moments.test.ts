import * as fc from 'fast-check';
import t from 'tap';
import { MOMENTS_WIDTH, momentsDeviation, momentsMerge, momentsUpdate } from '../../src/core/moments.ts';
import vectors from '../vectors/stats-others.json' with { type: 'json' };
import { near } from '../stats/close.ts';

const { x, split, mean, variance, sample } = vectors.moments;

t.test('equals NumPy where the mean is a million times the spread', (t) => {
  const slab = new Float64Array(9);
  for (const v of x) momentsUpdate(slab, MOMENTS_WIDTH, v);
  t.equal(slab[3], x.length);
  t.ok(near(slab[4]!, mean, 1e-14));
  t.ok(near(slab[5]! / x.length, variance, 1e-9));
  t.ok(near(momentsDeviation(slab, 3), Math.sqrt(sample), 1e-9));
  t.same([...slab.subarray(0, 3), ...slab.subarray(6)], [0, 0, 0, 0, 0, 0], 'neighbours are left alone');
  t.end();
});

t.test('merged parts equal the whole', (t) => {
  const slab = new Float64Array(6);
  x.forEach((v, i) => momentsUpdate(slab, i < split ? 0 : 3, v));
  momentsMerge(slab, 0, slab, 3);
  t.equal(slab[0], x.length);
  t.ok(near(slab[2]! / x.length, variance, 1e-9));
  t.end();
});

t.test('below two values there is no deviation', (t) => {
  const slab = new Float64Array(3);
  t.ok(Number.isNaN(momentsDeviation(slab, 0)));
  momentsUpdate(slab, 0, 4);
  t.ok(Number.isNaN(momentsDeviation(slab, 0)));
  momentsUpdate(slab, 0, 4);
  t.equal(momentsDeviation(slab, 0), 0);
  t.end();
});

t.test('property: any split merges to the two-pass figures, empty parts included', (t) => {
  const value = fc.double({ min: -1e6, max: 1e6, noNaN: true });
  fc.assert(
    fc.property(fc.array(value, { maxLength: 60 }), fc.array(value, { maxLength: 60 }), (a, b) => {
      const slab = new Float64Array(6);
      for (const v of a) momentsUpdate(slab, 0, v);
      for (const v of b) momentsUpdate(slab, 3, v);
      momentsMerge(slab, 0, slab, 3);
      const all = [...a, ...b];
      const average = all.reduce((sum, v) => sum + v, 0) / all.length;
      const m2 = all.reduce((sum, v) => sum + (v - average) ** 2, 0);
      if (all.length === 0) return slab[0] === 0;
      return (
        slab[0] === all.length &&
        Math.abs(slab[1]! - average) <= 1e-8 &&
        Math.abs(slab[2]! - m2) <= 1e-9 * Math.max(1, m2) + 1e-3
      );
    }),
  );
  t.end();
});
