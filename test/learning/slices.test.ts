import t from 'tap';
import { entrantsOf } from '../../src/learning/entrants.ts';
import { ageWeights, cutGate, trainEndOf } from '../../src/learning/slices.ts';
import { makeExample } from './examples.ts';

const set = makeExample(10_000, 1);

t.test(
  'the gate has a share of the rows that are newer than the champion, and not of an older concept',
  (t) => {
    t.same(cutGate(set, 0.2, null, null), {
      freshFrom: 0,
      changedFrom: 0,
      gateFrom: 8_000,
      rowCount: 10_000,
    });
    const newest = set.eventTimeMs[5_999]!;
    t.match(cutGate(set, 0.2, newest, null), { freshFrom: 6_000, gateFrom: 9_200 });
    const change = set.eventTimeMs[9_000]!;
    t.match(cutGate(set, 0.2, newest, change), { freshFrom: 6_000, changedFrom: 9_000, gateFrom: 9_800 });
    const recent = set.eventTimeMs[9_900]!;
    t.match(
      cutGate(set, 0.2, newest, recent),
      { gateFrom: 9_970 },
      'few rows to judge on, and as many to fit',
    );
    const unjudgeable = set.eventTimeMs[9_950]!;
    t.match(cutGate(set, 0.2, newest, unjudgeable), { gateFrom: 9_200 });
    t.throws(() => cutGate(set, 0.2, set.eventTimeMs[9_980]!, null), {
      code: 'TRAINING_SET_TOO_SMALL',
      message: /19 rows are newer than the champion's, and the gate needs 30/,
    });
    t.throws(() => cutGate(makeExample(59, 1), 0.2, null, null), { message: /59 labelled rows, 60 needed/ });
    t.end();
  },
);

t.test('a fit validates on a share of its rows, or on none if they are few', (t) => {
  const cut = cutGate(set, 0.2, null, null);
  t.equal(trainEndOf(cut, 0, 0.1), 7_000);
  t.equal(trainEndOf(cut, 6_000, 0.1), 7_600);
  t.equal(trainEndOf(cut, 9_800, 0.1), 8_000);
  t.end();
});

t.test('what competes: warm and cold, the rows since the change, and the recent ones', (t) => {
  const fits = (changeMs: number | null, isWarm: boolean): Array<[string, number]> =>
    entrantsOf(cutGate(set, 0.2, null, changeMs), isWarm, { warm: 0, cold: 0 }).map(({ name, from }) => [
      name,
      from,
    ]);
  t.same(fits(null, false), [
    ['of the whole window', 0],
    ['of recent rows', 7_500],
  ]);
  t.same(fits(set.eventTimeMs[9_000]!, true), [
    ['from the champion', 0],
    ['since the change', 9_000],
    ['of the whole window', 0],
  ]);
  t.end();
});

t.test('weights halve with age', (t) => {
  const days = (n: number): number => n * 86_400_000;
  t.same(ageWeights(Float64Array.of(0, days(5), days(10)), days(5)), Float32Array.of(0.25, 0.5, 1));
  t.same(ageWeights(Float64Array.of(0, days(5)), null), Float32Array.of(1, 1));
  t.end();
});
