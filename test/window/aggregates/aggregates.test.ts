// Every built-in aggregate compared with its definition in plain arithmetic, and the laws that merging panes requires.
import fc from 'fast-check';
import t from 'tap';
import * as millrace from '../../../src/index.ts';
import type { Aggregate } from '../../../src/index.ts';
import * as builtIn from '../../../src/window/aggregates/index.ts';
import { near } from '../../stats/close.ts';

interface Event {
  readonly value: number;
  readonly timeMs: number;
}

const SECONDS = 4;
const over = millrace.sliding(SECONDS * 1_000);

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function lastOf(events: readonly Event[]): number {
  return events.reduce((latest, event) => (event.timeMs >= latest.timeMs ? event : latest), {
    value: Number.NaN,
    timeMs: Number.NEGATIVE_INFINITY,
  }).value;
}

/** The value of each aggregate by its definition; values are not null. */
const definitions: Readonly<
  Record<keyof typeof builtIn, readonly [Aggregate, (values: number[], events: readonly Event[]) => number]>
> = {
  count: [millrace.count({ over }), (values) => values.length],
  rate: [millrace.rate({ over }), (values) => values.length / SECONDS],
  sum: [millrace.sum('v', { over }), (values) => values.reduce((sum, value) => sum + value, 0)],
  mean: [millrace.mean('v', { over }), meanOf],
  std: [
    millrace.std('v', { over }),
    (values) => {
      const mean = meanOf(values);
      if (values.length < 2) return Number.NaN;
      return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
    },
  ],
  min: [millrace.min('v', { over }), (values) => (values.length === 0 ? Number.NaN : Math.min(...values))],
  max: [millrace.max('v', { over }), (values) => (values.length === 0 ? Number.NaN : Math.max(...values))],
  last: [millrace.last('v', { over }), (_values, events) => lastOf(events)],
  share: [
    millrace.share('v', millrace.above(3), { over }),
    (values) => values.filter((value) => value > 3).length / values.length,
  ],
};

const PAD = 2;

/** A state between neighbouring slots that must not change. */
class State {
  readonly slab: Float64Array;
  readonly #aggregate: Aggregate;

  constructor(aggregate: Aggregate, events: readonly Event[] = []) {
    const { definition } = aggregate;
    this.#aggregate = aggregate;
    this.slab = new Float64Array(definition.width + 2 * PAD).fill(7.25);
    this.slab.fill(0, PAD, PAD + definition.width);
    definition.clear?.(this.slab, PAD);
    for (const { value, timeMs } of events) definition.add(this.slab, PAD, value, timeMs);
  }

  /** The state of `this` and the later `other`. */
  merged(other: State): State {
    const both = new State(this.#aggregate);
    both.slab.set(this.slab);
    const before = Buffer.from(other.slab.slice().buffer);
    this.#aggregate.definition.merge(both.slab, PAD, other.slab, PAD);
    if (!before.equals(Buffer.from(other.slab.buffer))) throw new Error('merge changed what it merged');
    return both;
  }

  get value(): number {
    const edges = [...this.slab.subarray(0, PAD), ...this.slab.subarray(this.slab.length - PAD)];
    if (edges.some((slot) => slot !== 7.25)) throw new Error('a slot of another aggregate has changed');
    return this.#aggregate.definition.read(this.slab, PAD, 0, SECONDS);
  }
}

/** Of float64 arithmetic in another order. */
const TOLERANCE = 1e-9;

/** A window with an infinity is rare enough that most are finite. */
const value = fc.oneof(
  { weight: 40, arbitrary: fc.integer({ min: -20, max: 20 }) },
  { weight: 1, arbitrary: fc.constantFrom(Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY) },
);

const events = fc.array(fc.record({ value, timeMs: fc.integer({ min: -5, max: 50 }) }), { maxLength: 20 });

for (const [name, [aggregate, definition]] of Object.entries(definitions)) {
  t.test(`${name}: adding values one by one equals the definition`, async (t) => {
    fc.assert(
      fc.property(events, (all) => {
        const values = all.map(({ value }) => value);
        return near(new State(aggregate, all).value, definition(values, all), TOLERANCE);
      }),
    );
    t.equal(aggregate.definition.name, name);
  });

  t.test(
    `${name}: merging is associative, the empty state is neutral, merged parts equal the whole`,
    async (t) => {
      fc.assert(
        fc.property(events, events, events, (a, b, c) => {
          const [x, y, z] = [new State(aggregate, a), new State(aggregate, b), new State(aggregate, c)];
          const left = x.merged(y).merged(z).value;
          return (
            near(left, x.merged(y.merged(z)).value, TOLERANCE) &&
            near(left, new State(aggregate, [...a, ...b, ...c]).value, TOLERANCE) &&
            Object.is(x.merged(new State(aggregate)).value, x.value) &&
            Object.is(new State(aggregate).merged(x).value, x.value)
          );
        }),
      );
      t.pass();
    },
  );
}

t.test('all built-in aggregates are tested', async (t) => {
  t.same(Object.keys(definitions).sort(), Object.keys(builtIn).sort());
});

t.test('infinities are values, of every aggregate', async (t) => {
  const both = [Number.NEGATIVE_INFINITY, 3, Number.POSITIVE_INFINITY];
  const figures = (name: keyof typeof builtIn, values: readonly number[]): number =>
    new State(
      definitions[name][0],
      values.map((value, timeMs) => ({ value, timeMs })),
    ).value;
  for (const infinity of [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    for (const name of ['sum', 'mean', 'min', 'max', 'last'] as const)
      t.equal(figures(name, [infinity]), infinity, name);
    for (const name of ['sum', 'mean'] as const) {
      t.equal(figures(name, [infinity, 3]), infinity, name);
      t.equal(figures(name, [3, infinity, infinity]), infinity, name);
    }
    t.same(figures('std', [infinity, 3]), Number.NaN);
    t.same(figures('std', [infinity, infinity]), Number.NaN);
  }
  t.equal(figures('min', both), Number.NEGATIVE_INFINITY);
  t.equal(figures('max', both), Number.POSITIVE_INFINITY);
  t.same(figures('sum', both), Number.NaN);
  t.same(figures('mean', both), Number.NaN);
});

t.test('share: each test', async (t) => {
  const values = [2, 3, 3, 4].map((value, timeMs) => ({ value, timeMs }));
  const shareOf = (test: millrace.NumberTest): number =>
    new State(millrace.share('v', test, { over }), values).value;
  const { atLeast, above, atMost, below } = millrace;
  t.same([atLeast(3), above(3), atMost(3), below(3)].map(shareOf), [0.75, 0.25, 0.75, 0.25]);
});
