// average-precision.ts, binned-ranking.ts and confusion.ts against their definitions.
import * as fc from 'fast-check';
import t from 'tap';
import { averagePrecision } from '../../src/stats/average-precision.ts';
import { ClassQuality } from '../../src/stats/class-quality.ts';
import { PairCounts } from '../../src/stats/confusion.ts';
import { Prequential } from '../../src/stats/prequential.ts';
import { near } from './close.ts';

const rows = fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 0, max: 1 })), {
  maxLength: 60,
});
const tied = fc.array(fc.tuple(fc.nat(6), fc.integer({ min: 0, max: 1 })), { maxLength: 40 });

t.test('property: average precision is the mean precision at the scores of the positives', (t) => {
  fc.assert(
    fc.property(tied, (pairs) => {
      const positives = pairs.filter(([, label]) => label === 1);
      let sum = 0;
      for (const [score] of positives) {
        const above = pairs.filter(([other]) => other >= score);
        sum += above.filter(([, label]) => label === 1).length / above.length;
      }
      const found = averagePrecision(pairs.map(([score]) => score), pairs.map(([, label]) => label)); // prettier-ignore
      return positives.length === 0 ? Number.isNaN(found) : near(found, sum / positives.length, 1e-12);
    }),
  );
  t.end();
});

t.test('property: the exact average precision is within the error of the bins, however few', (t) => {
  fc.assert(
    fc.property(rows, fc.integer({ min: 2, max: 9 }), (pairs, aucBins) => {
      const quality = new Prequential({ aucBins });
      for (const [score, label] of pairs) quality.add(score, label);
      const { prAuc, prAucErrorMax } = quality.metrics();
      const exact = averagePrecision(pairs.map(([score]) => score), pairs.map(([, label]) => label)); // prettier-ignore
      if (Number.isNaN(exact)) return Number.isNaN(prAuc);
      return Math.abs(exact - prAuc) <= prAucErrorMax + 1e-12;
    }),
    { numRuns: 2_000 },
  );
  t.end();
});

t.test('property: counts of pairs are low by at most their error, however they are split and merged', (t) => {
  const pairs = fc.array(fc.nat(12), { maxLength: 80 });
  fc.assert(
    fc.property(
      fc.array(pairs, { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 1, max: 14 }),
      (parts, capacity) => {
        const merged = new PairCounts(capacity);
        for (const part of parts) {
          const counts = new PairCounts(capacity);
          for (const pair of part) counts.add(pair);
          const restored = new PairCounts(capacity);
          restored.restore(counts.snapshot());
          merged.merge(restored);
        }
        const all = parts.flat();
        if (merged.errorMax > all.length / (capacity + 1)) return false;
        if (capacity >= 13 && merged.errorMax !== 0) return false;
        for (let pair = 0; pair <= 12; pair += 1) {
          const exact = all.filter((other) => other === pair).length;
          if (merged.at(pair) > exact || merged.at(pair) < exact - merged.errorMax) return false;
        }
        return true;
      },
    ),
    { numRuns: 1_000 },
  );
  t.end();
});

t.test('a snapshot without Brier score and pairs continues: the score is that of the rows since', (t) => {
  const quality = new ClassQuality(2);
  quality.add(0.75, 0.75, 1, 1, 0.625);
  const earlier = quality.snapshot().slice(0, 2 + 3 * 12);
  const restored = new ClassQuality(2);
  restored.restore(earlier);
  t.ok(Number.isNaN(restored.metrics().brier));
  restored.add(0.75, 0.25, 1, 0, 0.625);
  t.equal(restored.metrics().count, 2);
  t.equal(restored.metrics().brier, 1.125);
  t.same(restored.confusion(['a', 'b']).counts, [[0, 1], [0, 1]]); // prettier-ignore
  t.throws(() => restored.restore([1, 2, 3]), { code: 'INVARIANT' });
  t.end();
});

t.test('a thousand classes take bounded memory, and every row is in the matrix', (t) => {
  const classes = 1_000;
  const quality = new ClassQuality(classes);
  let state = 7;
  const draw = (bound: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 4_294_967_296) * bound);
  };
  for (let i = 0; i < 100_000; i += 1) {
    const label = i % 7 === 0 ? draw(classes) : draw(3);
    quality.add(0.5, 0.5, draw(classes), label, 0.5);
  }
  const {
    counts,
    errorMax,
    classes: names,
  } = quality.confusion(Array.from({ length: classes }, (_, k) => `c${k}`));
  t.equal(names.length, 11);
  t.ok(
    ['c0', 'c1', 'c2'].every((name) => names.includes(name)),
    'the most frequent labels are shown',
  );
  t.equal(
    counts.flat().reduce((a, b) => a + b),
    100_000,
  );
  t.ok(errorMax > 0 && errorMax <= 100_000 / 4_097, `error ${errorMax}`);
  t.ok(quality.snapshot().length < 13_000);
  t.end();
});
