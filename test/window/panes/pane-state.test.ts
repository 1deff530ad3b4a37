// Panes compared with a brute-force oracle that keeps every event: random events, out of order within allowed lateness.
import { partsOf, problemsOf, problemText } from '../../../src/core/definition.ts';
import type { WindowSpec } from '../../../src/window/window.ts';
import fc from 'fast-check';
import t from 'tap';
import { EVENT_TIME_MS_MAX, EVENT_TIME_MS_MIN } from '../../../src/core/event-limits.ts';
import { count, last, mean, sliding, std, sum, tumbling, type Aggregate } from '../../../src/index.ts';
import type { PaneParameters } from '../../../src/window/panes/pane-layout.ts';
import { near } from '../../stats/close.ts';
import type { Definition } from '../aggregates/definitions.ts';
import { features } from '../aggregates/vector-definitions.ts';
import { slotsOf, withSlots } from '../../support/state-slots.ts';
import { OneRowView } from '../one-row.ts';

interface Event {
  readonly timeMs: number;
  readonly value: number;
  readonly key: string;
}

const windows = [sliding(120, 10), sliding(60, 30), sliding(40, 40), tumbling(50)];
const known = Object.values(features);
const aggregates: Aggregate[] = windows.flatMap((over) => known.map(({ aggregate }) => aggregate(over)));

/** The expected result of a query at `nowMs`, computed from all events so far, without panes. */
function oracle(at: number, events: readonly Event[], key: string, nowMs: number): number {
  const { definition, over } = aggregates[at] as Aggregate;
  const { kind, sizeMs, paneMs } = over.parameters as PaneParameters; // of sliding and tumbling
  const end =
    kind === 'sliding' ? (Math.floor(nowMs / paneMs) + 1) * paneMs : Math.floor(nowMs / sizeMs) * sizeMs;
  const inside = events.filter((e) => e.key === key && e.timeMs >= end - sizeMs && e.timeMs < end);
  const taken = definition.input === 'none' ? inside : inside.filter((e) => !Number.isNaN(e.value));
  return (known[at % known.length] as Definition).value(taken, nowMs, sizeMs / 1_000);
}

/** Of float32 results. */
const TOLERANCE = 1e-4;

const step = fc.record({
  advance: fc.integer({ min: 0, max: 70 }),
  late: fc.integer({ min: 0, max: 20 }),
  value: fc.oneof(
    { weight: 30, arbitrary: fc.integer({ min: -50, max: 50 }) },
    { weight: 1, arbitrary: fc.constantFrom(Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY) },
    { weight: 3, arbitrary: fc.constant(Number.NaN) },
  ),
  key: fc.constantFrom('a', 'b'),
  query: fc.boolean(),
});

const LATENESS_MS = 20;

t.test('every aggregate of every window equals the oracle, with late events and late queries', async (t) => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: -500, max: 500 }), (steps, start) => {
      const view = new OneRowView(aggregates, LATENESS_MS);
      const events: Event[] = [];
      let now = start;
      for (const s of steps) {
        now += s.advance;
        const event = { timeMs: now - s.late, value: s.value, key: s.key };
        if (!s.query) {
          events.push(event);
          view.update(event.key, event.timeMs, event.value);
          continue;
        }
        const out = view.read(event.key, event.timeMs);
        for (const [i, aggregate] of aggregates.entries()) {
          const want = oracle(i, events, event.key, event.timeMs);
          const tolerance = known[i % known.length]?.tolerance ?? TOLERANCE;
          if (!near(out[i] as number, want, tolerance))
            throw new Error(
              `${aggregate.definition.name} over ${aggregate.over.key}: ${out[i]} is not ${want}`,
            );
        }
      }
    }),
    { numRuns: 150 },
  );
  t.pass('all equal');
});

t.test('restored state returns the same results bit for bit, and serializes to the same bytes', async (t) => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), (steps) => {
      const first = new OneRowView(aggregates, LATENESS_MS);
      let now = 0;
      for (const s of steps) first.update(s.key, (now += s.advance) - s.late, s.value);
      const second = new OneRowView(aggregates, LATENESS_MS);
      for (const key of ['a', 'b']) {
        if (!first.slots.has(key)) continue;
        const blob = first.serialize(key);
        // A misaligned part of a larger Buffer, as a network client returns.
        const shifted = Buffer.alloc(blob.length + 8);
        shifted.set(blob, 3);
        second.restore(key, shifted.subarray(3, 3 + blob.length));
        if (!Buffer.from(first.read(key, now).buffer).equals(Buffer.from(second.read(key, now).buffer)))
          throw new Error('features differ');
        if (!Buffer.from(second.serialize(key)).equals(Buffer.from(blob))) throw new Error('blobs differ');
      }
    }),
    { numRuns: 80 },
  );
  t.pass('all equal');
});

t.test('state has these slots', async (t) => {
  const over = sliding(100, 10);
  const view = new OneRowView(
    [mean('v', { over }), std('v', { over }), last('v', { over: tumbling(50) })],
    20,
  );
  view.update('a', 103, 4);
  view.update('a', 118, 8);
  view.update('a', 112, 3);
  view.update('a', 151, Number.NaN);
  // Newest event time; of the first ring the newest pane, the panes, and of each its index, updates, count, mean and M2;
  // of the second likewise, with the last value and its event time.
  const slots = [
    [151, 15, 3],
    [10, 1, 1, 4, 0],
    [11, 2, 2, 5.5, 12.5],
    [15, 1, 0, 0, 0],
    [3, 2],
    [2, 3, 8, 118],
    [3, 1, Number.NaN, Number.NEGATIVE_INFINITY],
  ].flat();
  t.same(slotsOf(view.serialize('a')), [151, slots.length - 1, ...slots.slice(1)]);
  const restored = new OneRowView(
    [mean('v', { over }), std('v', { over }), last('v', { over: tumbling(50) })],
    20,
  );
  restored.restore('a', view.serialize('a'));
  t.same([...restored.read('a', 151)], [...view.read('a', 151)]);
});

t.test('a window whose size is not a multiple of its panes is rejected', async (t) => {
  const problems = (over: WindowSpec): string =>
    partsOf(over, 'over').flatMap(problemsOf).map(problemText).join();
  t.match(problems(sliding(100, 30)), 'a window of 100 ms cannot be divided into panes of 30 ms');
  t.match(problems(sliding(0)), '0 is not a duration');
  t.match(problems(tumbling(Number.NaN)), 'NaN is not a duration');
  t.equal(problems(sliding(100, 10)), '');
  t.throws(() => new OneRowView([count({ over: sliding(1_000, 10) })], 1e9), { code: 'TOPOLOGY_INVALID' });
});

t.test('state of other windows, and damaged state, are rejected', async (t) => {
  const view = new OneRowView([count({ over: sliding(100, 10) })], 0);
  view.update('a', 5);
  const blob = view.serialize('a');
  const over = { over: sliding(100, 10) };
  const other = new OneRowView([sum('v', over), count({ over: sliding(50, 10) })], 0);
  t.throws(() => other.restore('a', blob), { code: 'STORE_FAILED', where: 'a' });
  t.throws(() => view.restore('b', blob.subarray(0, blob.length - 8)), { code: 'STORE_FAILED' });
  t.throws(() => view.restore('b', blob.subarray(0, blob.length - 3)), { code: 'STORE_FAILED' });
  const slots = slotsOf(blob);
  t.same(slots, [5, 5, 0, 1, 0, 1, 1]);
  for (const [at, value] of [
    [0, Number.NaN], // event time
    [2, 0.5], // newest pane
    [3, 11], // panes
    [3, -1],
    [4, Number.NaN], // index of the pane
    [4, 1],
    [4, -10],
  ] as const) {
    const damaged = withSlots(blob, slots.with(at, value));
    t.throws(() => view.restore(`${at}`, damaged), { code: 'STORE_FAILED' }, `slot ${at} is ${value}`);
  }
});

t.test('event times at both ends of what there may be, and beyond, take no longer than others', async (t) => {
  const view = new OneRowView([count({ over: sliding(10, 1) })], 0);
  for (const timeMs of [EVENT_TIME_MS_MIN, 0, EVENT_TIME_MS_MAX]) {
    view.update('a', timeMs);
    t.same([...view.read('a', timeMs)], [1], String(timeMs));
  }
  for (const timeMs of [2 ** 53, 1e300]) {
    view.update('a', timeMs);
    view.read('a', timeMs);
    t.ok(view.serialize('a').length > 0);
  }
});
