// The replay: order, intervals, pace; and that no event carries what was not known at its instant.
import { readFileSync } from 'node:fs';
import avro from 'avsc';
import * as fc from 'fast-check';
import t from 'tap';

import { loadFlightsDataset, type FlightsDataset } from '../../demo/dataset.ts';
import { eventTypes, type FlightEvent } from '../../demo/flight-event.ts';
import { countReplayed, replay, replayAtOnce, type ReplayClock } from '../../demo/replay.ts';

const dataset = loadFlightsDataset();
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const january = Date.UTC(2013, 0, 10);
const events = [...replayAtOnce({ dataset })].flat();

/** A clock that moves when someone sleeps. */
class SleepingClock implements ReplayClock {
  now = 5_000;
  slept = 0;
  nowMs(): number {
    return this.now;
  }
  sleep(ms: number): Promise<void> {
    this.now += ms;
    this.slept += 1;
    return Promise.resolve();
  }
}

async function collect(chunks: AsyncIterable<FlightEvent[]>): Promise<FlightEvent[]> {
  const all: FlightEvent[] = [];
  for await (const chunk of chunks) all.push(...chunk);
  return all;
}

t.test('events come in event-time order, ties by type, and each has an id of its own', (t) => {
  const seen = new Set<string>();
  let previous = events[0];
  let wrong = 0;
  for (const event of events) {
    if (previous === undefined || event.eventTime < previous.eventTime) wrong += 1;
    else if (event.eventTime === previous.eventTime) {
      if (eventTypes.indexOf(event.type) < eventTypes.indexOf(previous.type)) wrong += 1;
    }
    previous = event;
    seen.add(event.eventId);
  }
  t.equal(wrong, 0);
  t.equal(seen.size, events.length);
  t.end();
});

t.test('each flight is scheduled first, then departs or is cancelled, and arrives last', (t) => {
  const stage = new Map<string, string>();
  const allowed = new Set([' scheduled', 'scheduled departed', 'scheduled cancelled', 'departed arrived']);
  let wrong = 0;
  for (const { type, id } of events) {
    if (type === 'weather') continue;
    if (!allowed.has(`${stage.get(id) ?? ''} ${type}`)) wrong += 1;
    stage.set(id, type);
  }
  t.equal(wrong, 0);
  t.equal([...stage.values()].filter((last) => last === 'departed').length, 1_175, 'diverted: no label');
  t.end();
});

t.test('what happened later changes no scheduled and no weather event, nor their order', (t) => {
  const known = (dataset: FlightsDataset, untilMs: number): FlightEvent[] =>
    [...replayAtOnce({ dataset: dataset, fromMs: january, untilMs })]
      .flat()
      .filter(({ type }) => type === 'scheduled' || type === 'weather');
  const { flights } = dataset;
  const before = known(dataset, january + 2 * dayMs);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 999 }), fc.integer({ min: -60, max: 999 }), (shift, delay) => {
      const other = (_: number, row: number): number =>
        (row * shift) % 7 === 0 ? -32_768 : (delay * row) % 500;
      const altered: FlightsDataset = {
        weather: dataset.weather,
        flights: {
          ...flights,
          depDelayMin: flights.depDelayMin.map(other),
          arrDelayMin: flights.arrDelayMin.map(other),
          airTimeMin: flights.airTimeMin.map(other),
          tailnum: flights.tailnum.map((_, row) => (row * shift) % flights.tailnums.length),
        },
      };
      t.strictSame(known(altered, january + 2 * dayMs), before);
    }),
    { numRuns: 5 },
  );
  t.end();
});

t.test('each type has the fields that it may have, and no other', (t) => {
  const schedule =
    'carrier dest flight scheduledDep scheduledBlock distance hour minuteOfDay dayOfWeek month'.split(' ');
  const always = ['type', 'id', 'eventId', 'origin', 'eventTime'];
  const may: Record<FlightEvent['type'], readonly string[]> = {
    weather: [...always, ...'temp dewp humid windDir windSpeed windGust precip pressure visib'.split(' ')],
    scheduled: [...always, ...schedule],
    departed: [...always, ...schedule, 'tailnum', 'depDelay'],
    arrived: [...always, ...schedule, 'tailnum', 'arrDelay', 'airTime'],
    cancelled: [...always, ...schedule],
  };
  const wrong = new Set<string>();
  for (const event of events) {
    for (const [field, value] of Object.entries(event)) {
      const allowed = may[event.type].includes(field);
      if (value !== null && !allowed) wrong.add(`${event.type}.${field} is given`);
      if (value === null && allowed && event.type !== 'weather')
        wrong.add(`${event.type}.${field} is missing`);
      if (typeof value === 'number' && !Number.isFinite(value))
        wrong.add(`${event.type}.${field} is ${value}`);
      if (value === '' || value === 'NA') wrong.add(`${event.type}.${field} is '${value}'`);
    }
  }
  t.strictSame([...wrong], []);
  t.end();
});

t.test('events are what the Avro schema says', (t) => {
  const schema = JSON.parse(
    readFileSync(new URL('../../schemas/flights-value.avsc', import.meta.url), 'utf8'),
  ) as avro.Schema;
  const type = avro.Type.forSchema(schema);
  for (let at = 0; at < events.length; at += 997) {
    const event = events[at];
    t.strictSame({ ...(type.fromBuffer(type.toBuffer(event)) as FlightEvent) }, event);
  }
  t.end();
});

t.test('an interval holds its start and not its end, and is counted the same', (t) => {
  const interval = { dataset, fromMs: january, untilMs: january + 6 * hourMs };
  const some = [...replayAtOnce({ ...interval, chunkEventsMax: 100 })];
  const expected = events.filter(
    ({ eventTime }) => eventTime >= interval.fromMs && eventTime < interval.untilMs,
  );
  t.strictSame(some.flat(), expected);
  t.equal(countReplayed(interval), expected.length);
  t.ok(some.slice(0, -1).every((chunk) => chunk.length === 100));
  t.equal(countReplayed({ dataset, fromMs: Date.UTC(2015, 0, 1) }), 0);
  t.equal(countReplayed({ dataset }), 1_027_013);
  t.end();
});

t.test('a paced replay gives the same events, none before it is due and none long after', async (t) => {
  const clock = new SleepingClock();
  const speedUp = 600; // ten minutes a second
  const interval = { dataset, fromMs: january + 12 * hourMs, untilMs: january + 15 * hourMs };
  const all: FlightEvent[] = [];
  let [early, behindMsMax] = [0, 0];
  for await (const chunk of replay({ ...interval, speedUp, clock, chunkEventsMax: 10 })) {
    const dueMs = interval.fromMs + (clock.now - 5_000) * speedUp;
    for (const { eventTime } of chunk) {
      if (eventTime > dueMs) early += 1;
      behindMsMax = Math.max(behindMsMax, (dueMs - eventTime) / speedUp);
    }
    t.ok(chunk.length > 0 && chunk.length <= 10);
    all.push(...chunk);
  }
  t.equal(early, 0);
  t.ok(behindMsMax <= 6, `at most the shortest wait behind: ${behindMsMax} ms`);
  t.strictSame(all, [...replayAtOnce(interval)].flat());
  t.ok(clock.slept > 100);
});

t.test('at max speed nothing sleeps', async (t) => {
  const clock = new SleepingClock();
  const interval = { dataset, fromMs: january, untilMs: january + dayMs };
  t.strictSame(
    await collect(replay({ ...interval, speedUp: 'max', clock })),
    [...replayAtOnce(interval)].flat(),
  );
  t.equal(clock.slept, 0);
});

t.test('a wait longer than a timer can be is cut into pieces', async (t) => {
  const clock = new SleepingClock();
  let longestMs = 0;
  const watched: ReplayClock = {
    nowMs: () => clock.nowMs(),
    sleep: (ms) => {
      longestMs = Math.max(longestMs, ms);
      return clock.sleep(ms);
    },
  };
  const first = events[0]?.eventTime ?? 0;
  const options = { dataset, fromMs: first - 60 * dayMs, untilMs: first + 1, speedUp: 1, clock: watched };
  t.equal((await collect(replay(options))).length, countReplayed(options));
  t.ok(longestMs < 2 ** 31);
});

t.test('the signal ends a replay, asleep or not', async (t) => {
  const stop = new AbortController();
  const asleep = collect(replay({ dataset, fromMs: 0, speedUp: 1, signal: stop.signal })); // 43 years to wait
  setTimeout(() => stop.abort(), 20);
  t.strictSame(await asleep, []);
  t.strictSame(await collect(replay({ dataset, speedUp: 'max', signal: stop.signal })), []);
});

t.test('senseless options are refused', async (t) => {
  const refused = { code: 'CONFIG_INVALID' };
  for (const speedUp of [0, -1, Number.NaN, Infinity])
    await t.rejects(collect(replay({ dataset, speedUp })), refused);
  t.throws(() => [...replayAtOnce({ dataset, chunkEventsMax: 0 })], refused);
  t.throws(() => [...replayAtOnce({ dataset, fromMs: 2, untilMs: 1 })], refused);
});
