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

t.test('of two classes, the gate has rows of both', (t) => {
  const rare = (everyNth: number, rows = 10_000): typeof set => ({
    ...set,
    rowCount: rows,
    labels: Float32Array.from({ length: rows }, (_, row) => Number(row % everyNth === 0)),
    eventTimeMs: set.eventTimeMs.subarray(0, rows),
  });
  const cut = (rows: typeof set, newestMs: number | null = null, changeMs: number | null = null): number =>
    cutGate(rows, 0.2, newestMs, changeMs, { kind: 'log-loss' }).gateFrom;
  t.equal(cut(rare(100)), 8_000, 'twenty positives are enough');
  t.equal(cut(rare(250)), 7_500, 'longer by a quarter, for ten of them');
  t.equal(cut(rare(1_000)), 5_000, 'half of the rows at most');
  t.throws(() => cut(rare(1_500)), {
    code: 'TRAINING_SET_TOO_SMALL',
    message: /3 of 5000 rows to judge on are of the rarer class, and the gate needs 5/,
  });
  const flipped = rare(250);
  const negatives = { ...flipped, labels: flipped.labels.map((label) => 1 - label) };
  t.equal(cut(negatives), 7_500, 'whichever class it is');
  t.equal(cut(rare(250), set.eventTimeMs[4_999]), 7_500, 'of the rows that are newer than the champion');
  t.throws(() => cut(rare(250), set.eventTimeMs[7_999]), { code: 'TRAINING_SET_TOO_SMALL' });
  t.equal(cut(rare(250), null, set.eventTimeMs[9_000]), 7_500, 'a change with four positives is too new');
  const early = {
    ...set,
    labels: set.labels.map((_, row) =>
      Number(row < 9_000 ? row % 100 === 0 : row < 9_006 || [9_600, 9_700, 9_800, 9_900].includes(row)),
    ),
  };
  t.equal(
    cut(early, null, set.eventTimeMs[9_000]),
    8_000,
    'of ten since the change four are in its newer half',
  );
  const late = { ...set, labels: set.labels.map((_, row) => Number(row >= 9_900 && row % 10 === 0)) };
  t.equal(cut(late), 9_941, 'of ten positives at the end five are left to learn from');
  t.equal(cutGate(rare(1_500), 0.2, null, null).gateFrom, 8_000, 'other tasks have no classes');
  t.end();
});

t.test('a fit validates on a share of its rows, or on none if they are few', (t) => {
  const cut = cutGate(set, 0.2, null, null);
  t.equal(trainEndOf(cut, 0, 0.1), 7_000);
  t.equal(trainEndOf(cut, 6_000, 0.1), 7_600);
  t.equal(trainEndOf(cut, 9_800, 0.1), 8_000);
  t.end();
});

t.test('rows that validate are of both classes, or there are none', (t) => {
  const cut = cutGate(set, 0.2, null, null);
  const end = (isPositive: (row: number) => boolean, from = 0): number =>
    trainEndOf(cut, from, 0.1, (low, high) => {
      let positives = 0;
      for (let row = low; row < high; row += 1) positives += Number(isPositive(row));
      return Math.min(positives, high - low - positives);
    });
  t.equal(
    end((row) => row % 100 === 0),
    7_000,
    'ten positives are enough',
  );
  t.equal(
    end((row) => row % 400 === 0),
    6_000,
    'longer, for five of them',
  );
  t.equal(
    end((row) => row % 1_000 === 0),
    8_000,
    'in half of the rows are too few',
  );
  t.equal(
    end((row) => row % 400 !== 0),
    6_000,
    'whichever class it is',
  );
  t.equal(
    end((row) => row >= 6_500 && row < 6_520),
    6_515,
    'the end of a burst validates',
  );
  t.equal(
    end((row) => row >= 7_980),
    8_000,
    'none would be left to learn from',
  );
  t.equal(
    end((row) => row % 100 === 0, 6_000),
    7_500,
    'half of the rows of the fit',
  );
  t.end();
});

t.test('what competes: warm and cold, the rows since the change, and the recent ones', (t) => {
  const fits = (changeMs: number | null, isWarm: boolean): Array<[string, number]> =>
    entrantsOf(cutGate(set, 0.05, null, changeMs), isWarm, { warm: 0, cold: 0 }).map(({ name, from }) => [
      name,
      from,
    ]);
  t.same(fits(null, false), [
    ['of the whole window', 0],
    ['of the newest 2500 rows', 7_500],
  ]);
  t.same(fits(set.eventTimeMs[9_000]!, true), [
    ['from the champion', 0],
    ['of the whole window', 0],
    ['since the change', 9_000],
    ['of the newest 625 rows', 9_375],
  ]);
  t.same(
    entrantsOf(cutGate(set, 0.2, null, null), false, { warm: 0, cold: 0 }).map(({ from }) => from),
    [0],
    'the gate would take most of a quarter',
  );
  t.end();
});

t.test('weights halve with age', (t) => {
  const days = (n: number): number => n * 86_400_000;
  t.same(ageWeights(Float64Array.of(0, days(5), days(10)), days(5)), Float32Array.of(0.25, 0.5, 1));
  t.same(ageWeights(Float64Array.of(0, days(5)), null), Float32Array.of(1, 1));
  t.end();
});
