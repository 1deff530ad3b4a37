import t from 'tap';
import { ageWeights, cutSlices } from '../../src/learning/slices.ts';
import { makeExample } from './examples.ts';

const set = makeExample(10_000, 1);
const shares = { gate: 0.2, validation: 0.1 };

t.test('for a first model, slices are shares of all rows, the newest for the gate', (t) => {
  t.same(cutSlices(set, shares, null), { trainEnd: 7_000, validationEnd: 8_000, rowCount: 10_000 });
  t.same(
    cutSlices(set, { ...shares, validation: 0 }, null),
    { trainEnd: 8_000, validationEnd: 8_000, rowCount: 10_000 },
    'nothing is validated',
  );
  t.end();
});

t.test('with a champion, slices are shares of the rows that are newer than its own', (t) => {
  const newest = set.eventTimeMs[5_999]!;
  t.same(cutSlices(set, shares, newest), { trainEnd: 8_800, validationEnd: 9_200, rowCount: 10_000 });
  const late = set.eventTimeMs[9_600]!;
  t.throws(() => cutSlices(set, shares, late), {
    code: 'TRAINING_SET_TOO_SMALL',
    message: /79 rows of 399/,
  });
  t.end();
});

t.test('weights halve with age', (t) => {
  const days = (n: number): number => n * 86_400_000;
  t.same(ageWeights(Float64Array.of(0, days(5), days(10)), days(5)), Float32Array.of(0.25, 0.5, 1));
  t.same(ageWeights(Float64Array.of(0, days(5)), null), Float32Array.of(1, 1));
  t.end();
});
