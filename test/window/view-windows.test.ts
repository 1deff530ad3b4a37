// The state of a key whose view has windows of several kinds, and accumulators that aggregates share.
import t from 'tap';
import {
  above,
  count,
  defineWindow,
  distinct,
  ewma,
  last,
  mean,
  rate,
  share,
  sliding,
  std,
  sum,
  type Aggregate,
  type OpenWindow,
  type StateReader,
  type StateWriter,
  type WindowState,
} from '../../src/index.ts';
import { slotsOf, withSlots } from '../support/state-slots.ts';
import { OneRowView } from './one-row.ts';

/** All events of a key, forever. */
class LifetimeState implements WindowState {
  readonly ttlMs = null;
  readonly #window: OpenWindow;
  #slab = new Float64Array(0);

  constructor(window: OpenWindow) {
    this.#window = window;
  }

  get #width(): number {
    return this.#window.aggregates.width;
  }

  reserve(slots: number): void {
    const slab = new Float64Array(slots * this.#width);
    slab.set(this.#slab);
    this.#slab = slab;
  }
  clear(slot: number): void {
    this.#window.aggregates.clear(this.#slab, slot * this.#width);
  }
  update(slot: number, row: number, timeMs: number): void {
    const { aggregates } = this.#window;
    if (aggregates.takes(row)) aggregates.add(this.#slab, slot * this.#width, row, timeMs);
  }
  read(slot: number, timeMs: number, out: Float32Array, outAt: number): void {
    this.#window.aggregates.read(this.#slab, slot * this.#width, timeMs, Infinity, out, outAt);
  }
  write(slot: number, to: StateWriter): void {
    to.append(this.#slab, slot * this.#width, this.#width);
  }
  restore(slot: number, from: StateReader): void {
    from.take(this.#width, this.#slab, slot * this.#width);
  }
}

const lifetime = defineWindow<{ readonly from?: number }>({
  name: 'lifetime',
  memoryMs: () => Number.POSITIVE_INFINITY,
  open: (windows) => windows.map((window) => new LifetimeState(window)),
});

const hour = sliding(60, 10);
const mixed = [count({ over: hour }), sum('v', { over: lifetime({}) }), count({ over: lifetime({}) })];

function fed(aggregates: readonly Aggregate[]): OneRowView {
  const view = new OneRowView(aggregates, 0);
  view.update('a', 5, 2);
  view.update('a', 105, 3);
  return view;
}

t.test('windows of two kinds are read into one vector and restored from one state', async (t) => {
  const view = fed(mixed);
  t.same([...view.read('a', 105)], [1, 5, 2]);
  t.same([...view.read('unknown', 105)], [0, 0, 0]);
  t.equal(view.windows.ttlMs, Number.POSITIVE_INFINITY);
  const bytes = view.serialize('a');
  const restored = new OneRowView(mixed, 0);
  restored.restore('a', bytes);
  t.same([...restored.read('a', 105)], [1, 5, 2]);
  t.same(restored.serialize('a'), bytes);
  // The newest event time; five slots of panes, two of the other window.
  t.same(slotsOf(bytes), [105, 5, 10, 1, 10, 1, 1, 2, 5, 2]);
});

t.test('state of another declaration is rejected, even if it has the same size', async (t) => {
  const bytes = fed(mixed).serialize('a');
  const where = { where: { type: 'x' } };
  const others: Aggregate[][] = [
    [count({ over: hour }), sum('w', { over: lifetime({}) }), count({ over: lifetime({}) })],
    [count({ over: hour }), sum('v', { over: lifetime({}), clip: [0, 9] }), count({ over: lifetime({}) })],
    [
      count({ over: hour }),
      sum('v', { over: lifetime({ from: 1 }) }),
      count({ over: lifetime({ from: 1 }) }),
    ],
    [count({ over: sliding(60, 15) }), sum('v', { over: lifetime({}) }), count({ over: lifetime({}) })],
    [count({ over: hour, ...where }), sum('v', { over: lifetime({}) }), count({ over: lifetime({}) })],
    [count({ over: hour })],
  ];
  for (const other of others)
    t.throws(() => new OneRowView(other, 0).restore('a', bytes), { code: 'STORE_FAILED', where: 'a' });
  const bare = fed([count({ over: hour })]).serialize('a');
  t.throws(() => new OneRowView(mixed, 0).restore('a', bare), { code: 'STORE_FAILED' });
});

t.test('damaged state is rejected', async (t) => {
  const state = fed(mixed).serialize('a');
  const slots = slotsOf(state);
  const view = new OneRowView(mixed, 0);
  for (const [at, value] of [
    [0, Number.NaN], // newest event time
    [1, 4], // slots of the panes
    [1, 6],
    [1, 1e12],
    [7, 3], // slots of the other window
    [7, -1],
  ] as const) {
    const damaged = withSlots(state, slots.with(at, value));
    t.throws(() => view.restore(`${at}`, damaged), { code: 'STORE_FAILED' }, `${at}`);
  }
  const refused = (what: string, bytes: Uint8Array): void =>
    void t.throws(() => view.restore(what, bytes), { code: 'STORE_FAILED' }, what);
  refused('a slot less', withSlots(state, slots.slice(0, -1)));
  refused('a slot more', withSlots(state, [...slots, 0]));
  refused('a byte less', state.subarray(0, -1));
  refused('another version', state.with(0, 3));
  refused('another fingerprint', state.with(1, (state[1] as number) ^ 1));
  refused('nothing', new Uint8Array(0));
});

t.test('a sketch or a list with little in it takes little space, and other slots are rejected', async (t) => {
  const over = hour;
  const sparse = [distinct('v', { over }), last('v', { over })];
  const view = fed(sparse);
  const bytes = view.serialize('a');
  // Newest event time, slots, newest pane, panes; of the pane index, updates, five masks and what has changed.
  t.equal(slotsOf(bytes).length, 4 + 2 + 5 + 2 + 2);
  const restored = new OneRowView(sparse, 0);
  restored.restore('a', bytes);
  t.same([...restored.read('a', 105)], [1, 3]);
  t.same(restored.serialize('a'), bytes);
  const slots = slotsOf(bytes);
  const lastMask = slots.length - 3; // of three slots
  for (const value of [8, -1, 0.5, Number.NaN, 2 ** 32])
    t.throws(() => restored.restore(`${value}`, withSlots(bytes, slots.with(lastMask, value))), {
      code: 'STORE_FAILED',
    });
  const other = [distinct('v', { over, error: 0.05 }), last('v', { over })];
  t.throws(() => new OneRowView(other, 0).restore('a', bytes), { code: 'STORE_FAILED' });
});

t.test('state of one new aggregate is not taken for that of another', async (t) => {
  const bytes = fed([ewma('v', { over: hour, halfLifeMs: 10 })]).serialize('a');
  const slower = new OneRowView([ewma('v', { over: hour, halfLifeMs: 20 })], 0);
  t.throws(() => slower.restore('a', bytes), { code: 'STORE_FAILED', where: 'a' });
});

t.test('aggregates with equal accumulators share one', async (t) => {
  const over = hour;
  const late = above(0);
  const slotsPerPane = (aggregates: readonly Aggregate[]): number =>
    slotsOf(fed(aggregates).serialize('a')).length - 6; // the newest event time, the number of slots, and four slots around a pane's
  t.equal(slotsPerPane([mean('v', { over })]), 3);
  t.equal(slotsPerPane([mean('v', { over }), std('v', { over })]), 3);
  t.equal(slotsPerPane([count({ over }), rate({ over })]), 1);
  t.equal(slotsPerPane([share('v', late, { over }), share('v', late, { over })]), 2);
  t.equal(slotsPerPane([share('v', late, { over }), share('v', above(1), { over })]), 4);
  t.equal(slotsPerPane([mean('v', { over }), mean('v', { over, clip: [0, 1] })]), 6);
  t.equal(slotsPerPane([mean('v', { over }), mean('w', { over })]), 6);
  t.equal(slotsPerPane([count({ over }), count({ over, where: { type: 'x' } })]), 2);
});

t.test('if the events determine the window, each predicate has its own window', async (t) => {
  let opened = 0;
  const counted = (byPredicate: boolean): Aggregate[] => {
    const over = defineWindow<object>({
      name: 'counted',
      byPredicate,
      memoryMs: () => 0,
      open: (windows) => {
        opened = windows.length;
        return windows.map((window) => new LifetimeState(window));
      },
    })({});
    return [count({ over }), count({ over, where: { type: 'x' } }), sum('v', { over })];
  };
  const apart = new OneRowView(counted(true), 0);
  t.equal(opened, 2);
  apart.update('a', 0, 3, [true, false]);
  apart.update('a', 0, 4, [true, true]);
  apart.update('a', 0, 5, [false, true]);
  t.same([...apart.read('a', 0)], [2, 2, 7]);
  const together = new OneRowView(counted(false), 0);
  t.equal(opened, 1);
  t.ok(together.windows.width === 3);
});
