// Durations.
import t from 'tap';
import { days, formatDuration, hours, minutes, seconds } from '../../src/core/time.ts';

t.test('units are milliseconds', async (t) => {
  t.same([seconds(2), minutes(2), hours(2), days(2)], [2_000, 120_000, 7_200_000, 172_800_000]);
});

t.test('for people: the largest unit that is whole or more, one decimal at most', async (t) => {
  const cases: Array<[number, string]> = [
    [0, '0 ms'],
    [0.25, '0.3 ms'],
    [250, '250 ms'],
    [999, '999 ms'],
    [1_000, '1 s'],
    [1_500, '1.5 s'],
    [minutes(12), '12 min'],
    [hours(6), '6 h'],
    [hours(36), '1.5 d'],
    [days(30), '30 d'],
    [Number.POSITIVE_INFINITY, 'unlimited'],
  ];
  for (const [ms, text] of cases) t.equal(formatDuration(ms), text);
});
