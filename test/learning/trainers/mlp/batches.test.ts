import * as fc from 'fast-check';
import t from 'tap';
import { fillKeep, shuffle } from '../../../../src/learning/trainers/mlp/batches.ts';
import { Random } from '../../../../src/stats/random.ts';

t.test('property: a shuffle keeps each row once', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 300 }), fc.integer(), (count, seed) => {
      const order = Uint32Array.from({ length: count }, (_, i) => i);
      shuffle(order, new Random(seed));
      t.same(
        order.toSorted(),
        Uint32Array.from({ length: count }, (_, i) => i),
      );
    }),
    { numRuns: 20 },
  );
  t.end();
});

t.test('dropout drops the given share, depending on the seed', (t) => {
  const keep = new Uint8Array(100_001);
  fillKeep(keep, 0.25, new Random(1));
  const kept = keep.reduce((sum, k) => sum + k, 0) / keep.length;
  t.ok(Math.abs(kept - 0.75) < 0.01, `${kept}`);
  const again = new Uint8Array(100_001);
  fillKeep(again, 0.25, new Random(1));
  t.same(again, keep);
  t.end();
});
