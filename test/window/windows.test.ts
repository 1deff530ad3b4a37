// Every kind of window with every aggregate, compared with a brute-force oracle.
import t from 'tap';
import {
  calendar,
  days,
  hopping,
  hours,
  lastEvents,
  lifetime,
  minutes,
  session,
  shifted,
  sliding,
  tumbling,
} from '../../src/index.ts';
import { compareWithOracle, elapsed, type SeenEvent, type Select } from './oracle.ts';

const LATENESS_MS = 20;
/** An eighth of the allowed lateness. */
const PANE_MS = 3;

function upTo(events: readonly SeenEvent[], nowMs: number, paneMs: number): SeenEvent[] {
  return events.filter(({ timeMs }) => Math.floor(timeMs / paneMs) <= Math.floor(nowMs / paneMs));
}

/** Sessions of events in ascending panes: cut by the first event of a pane. */
function sessionOf(gapMs: number, maxMs: number, paneMs: number): Select {
  return (events, nowMs) => {
    const panes = Map.groupBy(upTo(events, nowMs, paneMs), ({ timeMs }) => Math.floor(timeMs / paneMs));
    let current: SeenEvent[] = [];
    const isAfter = (timeMs: number): boolean => {
      const times = current.map((event) => event.timeMs);
      return timeMs - Math.max(...times) > gapMs || timeMs - Math.min(...times) > maxMs;
    };
    for (const [, pane] of [...panes].toSorted(([x], [y]) => x - y)) {
      const first = Math.min(...pane.map(({ timeMs }) => timeMs));
      current = current.length > 0 && isAfter(first) ? pane : [...current, ...pane];
    }
    // An instant in the pane of the last event is in its session.
    const isOwn = current.some(({ timeMs }) => Math.floor(timeMs / paneMs) === Math.floor(nowMs / paneMs));
    if (current.length > 0 && !isOwn && isAfter(nowMs)) current = [];
    const inside = events.filter((event) => current.includes(event));
    return { inside, seconds: elapsed(inside, nowMs) };
  };
}

function lastOf(count: number, kept: number, withinMs = Number.POSITIVE_INFINITY): Select {
  return (events, nowMs) => {
    const sorted = events.toSorted((x, y) => x.timeMs - y.timeMs);
    const inside = sorted
      .slice(-kept)
      .filter(({ timeMs }) => timeMs <= nowMs)
      .slice(-count)
      .filter(({ timeMs }) => nowMs - timeMs <= withinMs);
    return { inside, seconds: elapsed(inside, nowMs) };
  };
}

const slidingOf =
  (sizeMs: number, paneMs: number): Select =>
  (events, nowMs) => {
    const end = (Math.floor(nowMs / paneMs) + 1) * paneMs;
    return {
      inside: events.filter(({ timeMs }) => timeMs >= end - sizeMs && timeMs < end),
      seconds: sizeMs / 1_000,
    };
  };

const ago =
  (agoMs: number, select: Select): Select =>
  (events, nowMs) =>
    select(events, nowMs - agoMs);

/** Of windows with many stretches: the state of a sketch would fill the memory. */
const SMALL = [
  'count',
  'sum',
  'mean',
  'std',
  'min',
  'first',
  'last',
  'share',
  'interArrivalMean',
  'lastK 2',
  'rate',
];
/** What they are depends on the instant of the query. */
const OF_NOW = ['decayedSum', 'decayedCount', 'timeSinceLast'];
/** Their state knows the latest events of a pane alone: late ones may come after more. */
const OF_FEW_LATE = ['interArrivalStd', 'timeSinceLast'];

const small = { latenessMs: LATENESS_MS, stepMs: 90, without: OF_FEW_LATE };

t.test('sessions', async (t) => {
  compareWithOracle({ ...small, over: session(30, { max: 80 }), select: sessionOf(30, 80, PANE_MS) });
  compareWithOracle({ ...small, over: session(2, { max: 500 }), select: sessionOf(2, 500, 2), stepMs: 8 });
  const inOrder = { latenessMs: 0, stepMs: 60, over: session(30, { max: 80 }), select: sessionOf(30, 80, 1) };
  compareWithOracle(inOrder);
  t.pass();
});

t.test('the last events', async (t) => {
  compareWithOracle({ ...small, over: lastEvents(5), select: lastOf(5, 21), without: [] });
  compareWithOracle({ ...small, over: lastEvents(1), select: lastOf(1, 17), without: [] });
  compareWithOracle({
    ...small,
    over: lastEvents(3, { within: 50 }),
    select: lastOf(3, 19, 50),
    latenessMs: 0,
    without: [],
  });
  t.pass();
});

t.test('lifetime', async (t) => {
  const always: Select = (events, nowMs) => {
    const inside = upTo(events, nowMs, PANE_MS);
    return { inside, seconds: elapsed(inside, nowMs) };
  };
  compareWithOracle({ ...small, over: lifetime(), select: always, startMs: -400 });
  t.pass();
});

t.test('tumbling with an offset', async (t) => {
  const before: Select = (events, nowMs) => {
    const start = Math.floor((nowMs - 7) / 50) * 50 + 7 - 50;
    return { inside: events.filter(({ timeMs }) => timeMs >= start && timeMs < start + 50), seconds: 0.05 };
  };
  compareWithOracle({ ...small, over: tumbling(50, { offset: 7 }), select: before, startMs: -200 });
  t.pass();
});

t.test('hopping, and windows of an earlier instant', async (t) => {
  compareWithOracle({ ...small, over: hopping(60, 20), select: slidingOf(60, 20) });
  const without = [...OF_FEW_LATE, ...OF_NOW];
  const shift = { ...small, without, stepMs: 60 };
  compareWithOracle({ ...shift, over: shifted(sliding(60, 20), 100), select: ago(100, slidingOf(60, 20)) });
  // An eighth of what it is shifted by and the lateness is more than the gap.
  const parted = ago(100, sessionOf(10, 80, 10));
  compareWithOracle({ ...shift, over: shifted(session(10, { max: 80 }), 100), select: parted });
  t.pass();
});

t.test('tiles are exact to the tile at the old edge, and to five minutes at the new one', async (t) => {
  const tiled =
    (sizeMs: number, tailMs: number): Select =>
    (events, nowMs) => {
      const start = Math.floor((nowMs - sizeMs) / tailMs) * tailMs;
      const inside = upTo(events, nowMs, minutes(5)).filter(({ timeMs }) => timeMs >= start);
      return { inside, seconds: sizeMs / 1_000 };
    };
  const base = { latenessMs: hours(2), only: SMALL };
  const cases = [
    [sliding(days(90)), days(90), days(1), days(30)],
    [sliding(days(31) + hours(5)), days(31) + hours(5), days(1), days(6)],
    [sliding(days(2), 'tiles'), days(2), hours(1), hours(9)],
    [sliding(hours(3), 'tiles'), hours(3), minutes(5), hours(1)],
  ] as const;
  for (const [over, sizeMs, tailMs, stepMs] of cases)
    compareWithOracle({
      ...base,
      over,
      select: tiled(sizeMs, tailMs),
      stepMs,
      startMs: Date.UTC(2026, 0, 5, 7, 3),
    });
  const moved = ago(days(1), tiled(hours(3), minutes(5)));
  compareWithOracle({
    ...base,
    over: shifted(sliding(hours(3), 'tiles'), days(1)),
    select: moved,
    stepMs: hours(5),
  });
  t.pass();
});

/** The local date and hour, by Intl: another way than that of the engine. */
function localOf(zone: string): (ms: number) => { date: string; month: string; minute: string } {
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone: zone,
    dateStyle: 'short',
    timeStyle: 'short',
    hourCycle: 'h23',
  });
  return (ms) => {
    const text = format.format(ms);
    return { date: text.slice(0, 10), month: text.slice(0, 7), minute: text.slice(-2) };
  };
}

const ZONES: ReadonlyArray<readonly [zone: string, at: number]> = [
  ['America/New_York', Date.UTC(2026, 2, 6)], // put forward on March 8
  ['America/New_York', Date.UTC(2026, 9, 30)], // put back on November 1
  ['Europe/Berlin', Date.UTC(2026, 2, 27)],
  ['Europe/Berlin', Date.UTC(2026, 9, 23)],
  ['Australia/Lord_Howe', Date.UTC(2026, 3, 3)], // by half an hour
  ['Asia/Kathmandu', Date.UTC(2026, 3, 3)], // 5:45 from UTC
  ['America/Sao_Paulo', Date.UTC(2018, 10, 2)], // midnight does not exist on November 4
];

t.test('days of the calendar, where clocks are changed too', async (t) => {
  const latenessMs = hours(2);
  const paneMs = minutes(15);
  for (const [zone, startMs] of ZONES) {
    const local = localOf(zone);
    const dayLength = (ms: number): number => {
      const { date } = local(ms);
      const quarter = minutes(15);
      let from = Math.floor(ms / quarter) * quarter;
      while (local(from - quarter).date === date) from -= quarter;
      let to = from;
      while (local(to).date === date) to += quarter;
      return (to - from) / 1_000;
    };
    const today: Select = (events, nowMs) => ({
      inside: upTo(events, nowMs, paneMs).filter(({ timeMs }) => local(timeMs).date === local(nowMs).date),
      seconds: dayLength(nowMs),
    });
    const base = {
      latenessMs,
      stepMs: hours(14),
      startMs,
      only: SMALL,
      runs: 12,
    };
    compareWithOracle({ ...base, over: calendar('day', { zone }), select: today });
    const yesterday: Select = (events, nowMs) => {
      const { date } = local(nowMs);
      let before = nowMs;
      while (local(before).date === date) before -= minutes(15);
      const wanted = local(before).date;
      return {
        inside: events.filter(({ timeMs }) => local(timeMs).date === wanted),
        seconds: dayLength(before),
      };
    };
    compareWithOracle({ ...base, over: calendar('day', { zone, back: 1 }), select: yesterday });
  }
  t.pass();
});
