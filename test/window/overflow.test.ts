// Structures that are bounded, and get more than they have room for: late events, panes and restarts in any order, compared
// with the events of the window.
import { deepEqual, ok } from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { categoryOfHash, stringHash } from '../../src/core/string-hash.ts';
import {
  count,
  distinct,
  distinctLastK,
  lastK,
  quantiles,
  sliding,
  sum,
  topK,
  type Aggregate,
  type AggregateVector,
} from '../../src/index.ts';
import { OneRowView } from './one-row.ts';

const SIZE_MS = 100;
const PANE_MS = 10;
const LATENESS_MS = 40;
const over = sliding(SIZE_MS, PANE_MS);
const COUNTERS = 3;
const K = 2;
const LISTED = 3;
const HASHES = Array.from({ length: 40 }, (_, i) => stringHash(`bucket ${i}`));

/** The features of a view in order, by name. */
const declared: ReadonlyArray<readonly [name: string, aggregate: Aggregate]> = [
  ...partsOf('top', topK('c', { over, k: K, counters: COUNTERS })),
  ...partsOf('buckets', count({ over, bucketBy: 'c', buckets: { top: 1 } })),
  ...partsOf('sums', sum('v', { over, bucketBy: 'c', buckets: { top: 1 } })),
  ...partsOf('last', lastK('v', { over, k: LISTED })),
  ...partsOf('once', distinctLastK('v', { over, k: LISTED })),
  ...partsOf('quantiles', quantiles('w', { over, at: { p10: 0.1, p50: 0.5, p99: 0.99 }, buckets: 16 })),
  ['distinct', distinct('w', { over })],
  ['count', count({ over })],
];

function partsOf(name: string, { parts }: AggregateVector): Array<readonly [string, Aggregate]> {
  return Object.entries(parts).map(([part, aggregate]) => [`${name}_${part}`, aggregate] as const);
}

interface Event {
  readonly timeMs: number;
  /** A bucket, skewed to the first ones. */
  readonly c: number;
  readonly v: number;
  /** Of many different values. */
  readonly w: number;
}

const events = fc
  .array(
    fc.record({
      step: fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 0, 1, 2),
      behind: fc.constantFrom(0, 0, 0, 5, 20, LATENESS_MS),
      c: fc.oneof(fc.nat(3), fc.nat(HASHES.length - 1)),
      v: fc.integer({ min: -3, max: 3 }),
      w: fc.nat(400),
    }),
    { minLength: 1, maxLength: 500, size: 'max' },
  )
  .map((steps) => {
    let newestMs = 1_000;
    return steps.map(({ step, behind, c, v, w }): Event => {
      newestMs += step;
      return { timeMs: newestMs - behind, c: HASHES[c] as number, v, w: w * 1.37 ** (w % 40) };
    });
  });

/** The features as of the newest event, of a view that restarts behind each of these events. */
function readAt(all: readonly Event[], nowMs: number, restarts: ReadonlySet<number>): Float32Array {
  const open = (): OneRowView =>
    new OneRowView(
      declared.map(([, aggregate]) => aggregate),
      LATENESS_MS,
    );
  let driven = open();
  for (const [i, { timeMs, ...values }] of all.entries()) {
    driven.update('k', timeMs, values);
    if (i % 7 === 0) driven.read('k', timeMs); // what a read keeps decides nothing
    if (!restarts.has(i)) continue;
    const restored = open();
    restored.restore('k', driven.serialize('k'));
    driven = restored;
  }
  return driven.read('k', nowMs);
}

/** What one state, without panes, makes of the values. */
function unmerged({ definition }: Aggregate, values: readonly number[]): number {
  const slab = new Float64Array(definition.width);
  definition.clear?.(slab, 0);
  for (const value of values) definition.add(slab, 0, value, 0);
  return Math.fround(definition.read(slab, 0, 0, SIZE_MS / 1_000));
}

interface Found {
  readonly value: (name: string) => number;
  /** Events of the window, in the order of the log. */
  readonly inside: readonly Event[];
}

function checkTop({ value, inside }: Found): void {
  const exact = Map.groupBy(inside, ({ c }) => categoryOfHash(c));
  let counted = 0;
  for (let place = 1; place <= K; place++) {
    const code = value(`top_${place}`);
    if (Number.isNaN(code)) continue;
    const found = value(`top_${place}_share`) * inside.length;
    const lacking = (exact.get(code)?.length ?? 0) - found;
    ok(lacking > -1e-3 && lacking <= inside.length / (COUNTERS + 1) + 1e-3, `${lacking} of ${inside.length}`);
    counted += found;
  }
  ok(Math.abs(counted + value('top_dropped') - inside.length) < 1e-3, 'what has no counter is dropped');
  const most = Math.max(...Array.from(exact.values(), (group) => group.length));
  // A string that frequent has a counter.
  if (most > inside.length / 2)
    ok([...exact].some(([code, group]) => group.length === most && code === value('top_1')));
}

function checkBuckets({ value, inside }: Found): void {
  const code = value('buckets_1_bucket');
  const own = inside.filter(({ c }) => categoryOfHash(c) === code);
  ok(value('buckets_1') <= own.length && value('buckets_1') > 0, 'no more than its events');
  deepEqual(value('buckets_1') + value('buckets_other'), inside.length);
  deepEqual(value('buckets_other'), value('buckets_dropped'));
  deepEqual(value('sums_dropped'), value('buckets_dropped'), 'of the same events');
  const total = inside.reduce((all, { v }) => all + v, 0);
  const sums = value('sums_1') + (Number.isNaN(value('sums_other')) ? 0 : value('sums_other'));
  deepEqual(sums, total, 'each value is in one of the two');
}

function checkLists({ value, inside }: Found): void {
  // Later in time first; of one instant, later in the log.
  const latest = inside
    .map((event, i) => ({ ...event, i }))
    .toSorted((a, b) => b.timeMs - a.timeMs || b.i - a.i);
  const once = latest.filter(({ v }, i) => latest.findIndex((other) => other.v === v) === i);
  for (const [name, list] of [
    ['last', latest],
    ['once', once],
  ] as const) {
    for (let place = 1; place <= LISTED; place++)
      deepEqual(value(`${name}_${place}`), list[place - 1]?.v ?? Number.NaN, `${name} ${place}`);
    deepEqual(value(`${name}_dropped`), inside.length - Math.min(LISTED, list.length));
  }
}

t.test(
  'property: what does not fit is counted, errors are those that are stated, restarts change no bit',
  async (t) => {
    let overflows = 0;
    fc.assert(
      fc.property(events, fc.array(fc.nat(499), { maxLength: 6 }), (all, restarts) => {
        const nowMs = Math.max(...all.map(({ timeMs }) => timeMs));
        const values = readAt(all, nowMs, new Set(restarts));
        deepEqual(values, readAt(all, nowMs, new Set()), 'restarts');
        const startMs = (Math.floor(nowMs / PANE_MS) + 1) * PANE_MS - SIZE_MS;
        const inside = all.filter(({ timeMs }) => timeMs >= startMs);
        const names = declared.map(([name]) => name);
        const found: Found = { value: (name) => values[names.indexOf(name)] as number, inside };
        deepEqual(found.value('count'), inside.length);
        checkTop(found);
        checkBuckets(found);
        checkLists(found);
        // What these hold depends on the values, however they were merged.
        const shuffled = inside.map(({ w }) => w).toSorted((a, b) => (a % 7) - (b % 7) || a - b);
        for (const [name, aggregate] of declared)
          if (name === 'distinct' || name.startsWith('quantiles'))
            deepEqual(found.value(name), unmerged(aggregate, shuffled), name);
        if (new Set(shuffled).size > 128) overflows += 1;
      }),
      { numRuns: 120 },
    );
    t.ok(overflows > 10, `${overflows} windows with more values than are exact`);
  },
);
