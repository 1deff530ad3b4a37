// Every built-in aggregate compared with its definition in plain arithmetic, and the laws that merging panes requires.
import fc from 'fast-check';
import t from 'tap';
import * as millrace from '../../../src/index.ts';
import type { Aggregate } from '../../../src/index.ts';
import * as builtIn from '../../../src/window/aggregates/index.ts';
import { near } from '../../stats/close.ts';
import vectors from '../../vectors/aggregates.json' with { type: 'json' };
import { definitions, type Definition, type Event } from './definitions.ts';
import { features, vectorDefinitions } from './vector-definitions.ts';

const SECONDS = 4;
const over = millrace.sliding(SECONDS * 1_000);
/** The instant of every query. */
const NOW_MS = 40;

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
    return this.#aggregate.definition.read(this.slab, PAD, NOW_MS, SECONDS);
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

function byTime(all: readonly Event[]): Event[] {
  return all.toSorted((a, b) => a.timeMs - b.timeMs);
}

/** Three parts, each later than the one before if they have to be. */
function partsOf(isOrdered: boolean, parts: readonly Event[][]): Event[][] {
  if (!isOrdered) return [...parts];
  const all = byTime(parts.flat());
  const [first = [], second = []] = parts;
  const from = first.length + second.length;
  return [all.slice(0, first.length), all.slice(first.length, from), all.slice(from)];
}

for (const [name, definition] of Object.entries(features)) {
  const aggregate = definition.aggregate(over);
  const isOrdered = definition.isOrdered === true;
  const tolerance = definition.tolerance ?? TOLERANCE;

  t.test(`${name}: adding values one by one equals the definition`, async (t) => {
    fc.assert(
      fc.property(events, (given) => {
        const all = isOrdered ? byTime(given) : given;
        return near(new State(aggregate, all).value, definition.value(all, NOW_MS, SECONDS), tolerance);
      }),
    );
    t.equal(aggregate.definition.name.replaceAll('-', ''), name.split(' ')[0]?.toLowerCase());
  });

  t.test(
    `${name}: merging is associative, the empty state is neutral, merged parts equal the whole`,
    async (t) => {
      fc.assert(
        fc.property(events, events, events, (...given) => {
          const [a, b, c] = partsOf(isOrdered, given) as [Event[], Event[], Event[]];
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
  const tested = [...Object.keys(definitions), ...Object.keys(vectorDefinitions)];
  t.same(tested.sort(), Object.keys(builtIn).sort());
});

t.test('infinities are values, of every aggregate', async (t) => {
  const both = [Number.NEGATIVE_INFINITY, 3, Number.POSITIVE_INFINITY];
  const figures = (name: keyof typeof definitions, values: readonly number[]): number =>
    new State(
      definitions[name].aggregate(over),
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

t.test('formulas equal those of SciPy and NumPy, with late events', async (t) => {
  for (const { events: all, ...figures } of vectors.cases) {
    for (const [name, value] of Object.entries(figures)) {
      const { aggregate, tolerance = 1e-6 } = features[name] as Definition; // the vectors name features
      const state = new State(
        aggregate(over),
        all.map(([timeMs = 0, value = 0]) => ({ timeMs, value })),
      );
      t.ok(near(state.value, value, tolerance), `${name}: ${state.value} is ${value}`);
    }
  }
});

t.test('the deviation of gaps: a late event divides a gap among the latest instants', async (t) => {
  const times = [0, 100, 200, 300, 400, 500, 600, 700, 800, 900];
  const deviation = (late: number): number =>
    new State(
      definitions.interArrivalStd.aggregate(over),
      [...times, late].map((timeMs) => ({ timeMs, value: 1 })),
    ).value;
  const exact = (late: number): number =>
    definitions.interArrivalStd.value(
      [...times, late].map((timeMs) => ({ timeMs, value: 1 })),
      0,
      0,
    );
  for (const late of [250, 550, 850, 900, 200, 1_000, -50])
    t.ok(near(deviation(late), exact(late), 1e-12), String(late));
  t.ok(deviation(150) > exact(150), 'too late: the gap stays whole');
});
