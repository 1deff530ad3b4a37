import t from 'tap';
import { ageWeights, cutSlices } from '../../src/learning/slices.ts';
import { makeExample, params } from './examples.ts';

const set = makeExample(10_000, 1);
const shares = { ...params, gateShare: 0.2, validationShare: 0.1 };

t.test('a first model: shares of all rows, the newest for the gate', (t) => {
  t.same(cutSlices(set, shares, null, 5), { trainEnd: 7_000, validationEnd: 8_000, rowCount: 10_000 });
  t.same(
    cutSlices(set, shares, null, 1),
    { trainEnd: 8_000, validationEnd: 8_000, rowCount: 10_000 },
    'one epoch',
  );
  t.end();
});

t.test('after a champion: shares of the rows newer than all of its own', (t) => {
  const newest = set.eventTimeMs[5_999]!;
  t.same(cutSlices(set, shares, newest, 2), { trainEnd: 8_800, validationEnd: 9_200, rowCount: 10_000 });
  const late = set.eventTimeMs[9_600]!;
  t.throws(() => cutSlices(set, shares, late, 2), {
    code: 'TRAINING_SET_TOO_SMALL',
    message: /79 rows of 399/,
  });
  t.end();
});

t.test('weights halve with age', (t) => {
  const days = (n: number): number => n * 86_400_000;
  t.same(ageWeights(Float64Array.of(0, days(5), days(10)), 5), Float32Array.of(0.25, 0.5, 1));
  t.same(ageWeights(Float64Array.of(0, days(5)), null), Float32Array.of(1, 1));
  t.end();
});
