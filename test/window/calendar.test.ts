// Where the units of the calendar begin, in zones that change their clocks at odd times.
import t from 'tap';
import { calendar, count, hours, minutes, rate } from '../../src/index.ts';
import { clockOf } from '../../src/core/zone-clock.ts';
import { CalendarClock } from '../../src/window/settling/calendar-clock.ts';
import { OneRowView } from './one-row.ts';

t.test('units begin where the local clock reaches them', async (t) => {
  const starts = (
    zone: string,
    unit: 'hour' | 'day' | 'week' | 'month',
    at: string,
    count: number,
  ): string[] => {
    const clock = clockOf(zone);
    if (clock === null) throw new Error(zone);
    const units = new CalendarClock(clock, unit, 'monday');
    const first = units.unitOf(Date.parse(at));
    return Array.from({ length: count }, (_, i) =>
      new Date(units.startOf(first + i)).toISOString().slice(0, 16),
    );
  };
  t.same(
    starts('America/New_York', 'day', '2026-03-08T06:00Z', 2),
    ['2026-03-08T05:00', '2026-03-09T04:00'],
    '23 h',
  );
  t.same(
    starts('America/New_York', 'day', '2026-11-01T06:00Z', 2),
    ['2026-11-01T04:00', '2026-11-02T05:00'],
    '25 h',
  );
  t.same(
    starts('America/New_York', 'hour', '2026-11-01T05:30Z', 3),
    ['2026-11-01T05:00', '2026-11-01T06:00', '2026-11-01T07:00'],
    'an hour that comes twice is two',
  );
  t.same(starts('America/Sao_Paulo', 'day', '2018-11-04T12:00Z', 1), ['2018-11-04T03:00'], 'from 1:00 on');
  // Put back from 0:00 to 23:00 of the day before: the day begins once.
  t.same(starts('America/Sao_Paulo', 'day', '2018-02-18T01:30Z', 2), [
    '2018-02-17T02:00',
    '2018-02-18T03:00',
  ]);
  // Put back from 0:01 to 23:01: the day begins with its first midnight.
  t.same(starts('America/St_Johns', 'day', '2006-10-29T02:45Z', 1), ['2006-10-29T02:30']);
  t.same(
    starts('Australia/Lord_Howe', 'hour', '2026-04-04T14:20Z', 3),
    ['2026-04-04T14:00', '2026-04-04T15:00', '2026-04-04T15:30'],
    'put back by half an hour',
  );
  t.same(starts('Asia/Kolkata', 'hour', '2026-01-01T00:10Z', 2), ['2025-12-31T23:30', '2026-01-01T00:30']);
  t.same(starts('Pacific/Apia', 'day', '2011-12-30T09:00Z', 2), ['2011-12-29T10:00', '2011-12-30T10:00']);
  t.same(starts('UTC', 'week', '2026-01-01T00:00Z', 2), ['2025-12-29T00:00', '2026-01-05T00:00']);
  t.same(starts('Europe/Berlin', 'month', '2026-03-31T22:30Z', 2), ['2026-03-31T22:00', '2026-04-30T22:00']);
});

t.test('weeks from Sunday, months, and the one before', async (t) => {
  const view = new OneRowView(
    [
      count({ over: calendar('week', { weekStart: 'sunday' }) }),
      count({ over: calendar('month') }),
      count({ over: calendar('month', { back: 1 }) }),
      rate({ over: calendar('day', { zone: 'America/New_York', back: 1 }) }),
    ],
    0,
  );
  const at = (text: string): number => Date.parse(`${text}Z`);
  for (const day of ['2026-02-27T12:00', '2026-02-28T23:59', '2026-03-01T00:00', '2026-03-08T12:00'])
    view.update('k', at(day));
  t.same([...view.read('k', at('2026-03-08T12:00'))].slice(0, 3), [1, 2, 2]);
  t.equal(view.read('k', at('2026-03-09T12:00'))[3], Math.fround(1 / (23 * 3_600)), 'of a day of 23 hours');
});

t.test('a day that did not exist takes no late event from the day before', async (t) => {
  for (const [zone, at] of [
    ['Pacific/Apia', '2011-12-30T10:00Z'],
    ['Pacific/Kwajalein', '1993-08-21T12:00Z'],
  ] as const) {
    const view = new OneRowView([count({ over: calendar('day', { zone }) })], hours(1));
    const midnight = Date.parse(at);
    view.update('k', midnight + minutes(59));
    const late = midnight - minutes(1);
    view.update('k', late);
    t.same([...view.read('k', late)], [1], `${zone}: late by all that is allowed`);
    t.same([...view.read('k', midnight + minutes(59))], [1]);
  }
});
