import * as fc from 'fast-check';
import t from 'tap';
import { Random } from '../../src/stats/random.ts';
import vectors from '../vectors/stats-random.json' with { type: 'json' };

t.test('draws the same numbers as the authors’ C code from the same state', (t) => {
  const random = new Random(0);
  random.restore(vectors.cState);
  t.same(
    vectors.c.map(() => random.nextUint32()),
    vectors.c,
  );
  t.end();
});

t.test('is seeded by SplitMix64', (t) => {
  for (const { seed, state, draws } of vectors.seeds) {
    const random = new Random(seed);
    t.same(random.snapshot(), state);
    t.same(
      draws.map(() => random.nextUint32()),
      draws,
    );
  }
  t.end();
});

t.test('integers are uniform in [0, bound), doubles in [0, 1)', (t) => {
  const random = new Random(3);
  const counts = new Uint32Array(7);
  let sum = 0;
  for (let i = 0; i < 70_000; i += 1) {
    const k = random.nextInt(7);
    counts[k] = counts[k]! + 1;
    const x = random.nextDouble();
    if (x < 0 || x >= 1) t.fail(`${x} is outside`);
    sum += x;
  }
  for (const count of counts) t.ok(Math.abs(count - 10_000) < 400, `${count} of 10,000`);
  t.ok(Math.abs(sum / 70_000 - 0.5) < 0.005);
  t.end();
});

t.test('property: a restored generator continues identically', (t) => {
  fc.assert(
    fc.property(fc.integer(), fc.nat(50), (seed, before) => {
      const random = new Random(seed);
      for (let i = 0; i < before; i += 1) random.nextUint32();
      const copy = new Random(0);
      copy.restore(random.snapshot());
      return Array.from({ length: 10 }).every(() => copy.nextDouble() === random.nextDouble());
    }),
  );
  t.end();
});
