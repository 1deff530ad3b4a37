// Interval joins, compared with DuckDB (test/vectors/interval.py) and with a join by brute force.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deepEqual } from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import {
  defineTopology,
  double,
  intervalJoin,
  nullable,
  source,
  string,
  text,
  timestamp,
  watermarks,
  type Topology,
} from '../../src/index.ts';
import { TopologyDriver } from '../../src/testing/index.ts';

const schema = {
  id: double,
  key: nullable(string),
  kind: string,
  at: timestamp,
  amount: nullable(double),
  page: nullable(string),
} as const;
const events = source('events', { schema, eventTime: 'at' });

type Event = [
  id: number,
  key: string | null,
  kind: string,
  at: number,
  amount: number | null,
  page: string | null,
];

function joining(lowerMs: number, upperMs: number, allowedLatenessMs: number, matchesMax = 100): Topology {
  return defineTopology(events, {
    stages: [
      watermarks('watermarks', { allowedLatenessMs }),
      intervalJoin('clicks', {
        key: ['key'],
        other: { kind: 'click' },
        lowerMs,
        upperMs,
        take: { last: text('page'), lastAmount: 'amount' },
        sum: { spent: 'amount' },
        count: 'clicks',
        matchesMax,
      }),
    ],
  });
}

const rowOf = ([id, key, kind, at, amount, page]: Event): Record<string, string | number | null> => ({
  id,
  key,
  kind,
  at,
  amount,
  page,
});
const joinedRows = (driver: Pick<TopologyDriver, 'rows'>, kind: string): unknown[] =>
  driver.rows
    .filter((row) => row['kind'] === kind)
    .map((row) => [row['id'], row['clicks'], row['spent'], row['last']]);

t.test('each event has what DuckDB joins to it', async (t) => {
  const file = join(import.meta.dirname, '..', 'vectors', 'interval.json');
  const vectors = JSON.parse(readFileSync(file, 'utf8')) as { events: Event[]; joined: unknown[] };
  const driver = new TopologyDriver(joining(-120, -5, 0), { hotKeysMax: 1 });
  for (let from = 0; from < vectors.events.length; from += 30) {
    await driver.send(vectors.events.slice(from, from + 30).map(rowOf));
    if (from % 90 !== 0) continue;
    await driver.barrier();
    await driver.restart();
  }
  t.strictSame(joinedRows(driver, 'order'), vectors.joined);
  t.ok(
    joinedRows(driver, 'click').every((row) => (row as unknown[]).slice(1).every((value) => value === null)),
  );
});

interface Unordered {
  readonly lateness: number;
  readonly lower: number;
  readonly upper: number;
  readonly events: ReadonlyArray<
    [number, string | null, string | null, string, number, number | null, string | null]
  >;
  readonly joined: unknown[];
}

t.test('late events, ties, duplicates and keys with nulls, as DuckDB joins what is not late', async (t) => {
  const file = join(import.meta.dirname, '..', 'vectors', 'interval.json');
  const { unordered } = JSON.parse(readFileSync(file, 'utf8')) as { unordered: Unordered[] };
  const pairs = source('events', {
    schema: { ...schema, a: nullable(string), b: nullable(string) },
    eventTime: 'at',
  });
  let late = 0;
  for (const { lateness, lower, upper, events: rows, joined } of unordered) {
    const topology = defineTopology(pairs, {
      stages: [
        watermarks('watermarks', { allowedLatenessMs: lateness }),
        intervalJoin('clicks', {
          key: ['a', 'b'],
          other: { kind: 'click' },
          lowerMs: lower,
          upperMs: upper,
          take: { last: text('page') },
          sum: { spent: 'amount' },
          count: 'clicks',
        }),
      ],
    });
    const driver = new TopologyDriver(topology, { hotKeysMax: 1 });
    for (let from = 0; from < rows.length; from += 7) {
      const batch = rows.slice(from, from + 7);
      await driver.send(
        batch.map(([id, a, b, kind, at, amount, page]) => ({ id, a, b, kind, at, amount, page, key: null })),
      );
      if (from % 3 === 0) await driver.barrier();
      if (from % 2 === 0) await driver.restart();
    }
    late += driver.late.length;
    t.strictSame(joinedRows(driver, 'order'), joined, `${lateness}, ${lower} to ${upper}`);
  }
  t.ok(late > 30, `${late} late events`);
});

t.test('property: late events, restarts and batches change nothing', async () => {
  const value = fc.option(fc.integer({ min: 0, max: 9 }));
  const event = fc.tuple(
    fc.constantFrom('a', 'b', null),
    fc.constantFrom('click', 'order'),
    fc.integer({ min: 0, max: 60 }),
    value,
    fc.option(fc.constantFrom('x', 'y')),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(event, { maxLength: 8 }), { maxLength: 6 }),
      fc.integer({ min: -30, max: 10 }),
      fc.integer({ min: 0, max: 20 }),
      fc.boolean(),
      async (batches, lowerMs, width, restarts) => {
        const upperMs = lowerMs + width;
        const driver = new TopologyDriver(joining(lowerMs, upperMs, 100), { hotKeysMax: 1 });
        const seen: Event[] = [];
        const wanted: unknown[] = [];
        for (const [i, batch] of batches.entries()) {
          const list = batch.map(([key, kind, at, amount, page], j): Event => [
            i * 10 + j,
            key,
            kind,
            at,
            amount,
            page,
          ]);
          for (const one of list) {
            const [id, key, kind, at] = one;
            if (kind === 'click') {
              seen.push(one);
              continue;
            }
            const matches = seen
              .filter(
                ([, k, , time]) => key !== null && k === key && time >= at + lowerMs && time <= at + upperMs,
              )
              .toSorted(([, , , a], [, , , b]) => a - b);
            const amounts = matches.map(([, , , , amount]) => amount).filter((amount) => amount !== null);
            const spent = amounts.length === 0 ? null : amounts.reduce((a, b) => a + b, 0);
            wanted.push([id, matches.length, spent, matches.at(-1)?.[5] ?? null]);
          }
          await driver.send(list.map(rowOf));
          if (!restarts) continue;
          if (i % 2 === 0) await driver.barrier();
          await driver.restart();
        }
        deepEqual(joinedRows(driver, 'order'), wanted);
      },
    ),
    { numRuns: 150 },
  );
});

t.test('events beyond the bound of a key are dropped, the oldest first, and counted', async (t) => {
  const driver = new TopologyDriver(joining(-100, 0, 0, 2));
  await driver.send([1, 2, 3].map((at) => rowOf([at, 'a', 'click', at, at, 'x'])));
  await driver.send([rowOf([4, 'a', 'order', 4, null, null])]);
  t.strictSame(joinedRows(driver, 'order'), [[4, 2, 5, 'x']]);
  t.equal(driver.telemetry.counts.get('join_events_dropped_total'), 1);
});

t.test('what makes no sense is refused', async (t) => {
  const refused = (options: object, message: RegExp): void => {
    const sound = { key: ['key'], other: { kind: 'click' }, lowerMs: -1, count: 'n' };
    const define = (): unknown =>
      defineTopology({
        name: 'x',
        source: events,
        stages: [intervalJoin('j', { ...sound, ...options })],
      });
    t.throws(define, message);
  };
  refused({ count: undefined }, /adds no column/);
  refused({ lowerMs: 1 }, /above upperMs/);
  refused({ lowerMs: NaN }, /no number of milliseconds/);
  refused({ count: 'amount' }, /adds 'amount', which is there already/);
  refused({ take: { n: 'amount' } }, /adds 'n' twice/);
  refused({ sum: { s: text('page') } }, /a string has no sum/);
  refused({ key: ['keyy'] }, /did you mean 'key'/);
  refused({ matchesMax: 0 }, /matchesMax/);
});

t.test('an interval may reach behind an event as far as events come out of order', async (t) => {
  const reach = (upperMs: number, allowedLatenessMs: number) => (): unknown =>
    joining(-10, upperMs, allowedLatenessMs);
  t.throws(reach(1, 0), /upperMs: it reaches 1 ms behind an event, which does not wait.*make a label/s);
  t.throws(reach(101, 100), /give 100 at most/);
  t.doesNotThrow(reach(100, 100));
  t.doesNotThrow(reach(0, 0));
});
