// The contract of a window (types alone): how it is declared, and the state that the engine drives (hot path).
import type { StateReader, StateWriter } from './state-slots.ts';

/**
 * The aggregates of one window of a view. Their state, for one stretch of events, is `width` consecutive Float64 slots
 * of a slab; a window keeps as many of these as it needs, and merges them when it is read.
 */
export interface WindowAggregates {
  readonly width: number;
  /** Makes the slots from `at` an empty state. */
  clear(slab: Float64Array, at: number): void;
  /** Whether any of them takes a row of the current batch; the others' predicates do not hold for it. */
  takes(row: number): boolean;
  /** Adds a row of the current batch to the state at `at`: to each aggregate whose predicate holds for it. */
  add(slab: Float64Array, at: number, row: number, timeMs: number): void;
  /** Merges the state in `from` at `b` into the one in `to` at `a`, which must be that of earlier events. */
  merge(to: Float64Array, a: number, from: Float64Array, b: number): void;
  /** Writes the state at `at`, and no more slots than differ from an empty state where most do not. */
  write(slab: Float64Array, at: number, to: StateWriter): void;
  /** Takes in what `write` wrote, in place of the empty state at `at`. */
  restore(slab: Float64Array, at: number, from: StateReader): void;
  /**
   * Writes the features of the state at `at` into a view's vector, which begins at `outAt`.
   * @param timeMs event time of the query
   * @param seconds length of the window
   */
  read(
    slab: Float64Array,
    at: number,
    timeMs: number,
    seconds: number,
    out: Float32Array,
    outAt: number,
  ): void;
}

/**
 * The state of one or several windows, for all keys of a view in one partition. A key has a slot, a small integer; the
 * engine maps keys to slots, tracks which have changed and evicts. The functions run on the hot path: they use typed
 * arrays and allocate nothing for an event.
 *
 * What an implementation can rely on: rows come in offset order. Event times are finite, possibly negative, and at least
 * the watermark minus `WindowContext.allowedLatenessMs`; so are the instants of queries. The watermark is the highest
 * event time of the partition so far. A query sees the rows that were added before it, that of its own event included, and
 * of these none that is later in event time, as far as the granularity of the window can tell: panes tell by whole panes.
 */
export interface WindowState {
  /**
   * Event time after a key's newest row until which a query may see something of it, the allowed lateness included, ms;
   * null for a state that is kept forever.
   */
  readonly ttlMs: number | null;
  /** Makes room for slots below `slots`. The state of the present ones stays; new ones are cleared before use. */
  reserve(slots: number): void;
  /** Makes a slot empty, before it is given to a key. */
  clear(slot: number): void;
  /** Adds a row of the current batch; leaves out those that `WindowAggregates.takes` refuses. */
  update(slot: number, row: number, timeMs: number): void;
  /** Writes the features as of `timeMs` into the view's vector, which begins at `outAt`. The slot may be empty. */
  read(slot: number, timeMs: number, out: Float32Array, outAt: number): void;
  /** Writes a slot's state, and nothing that can be computed from it. */
  write(slot: number, to: StateWriter): void;
  /**
   * Takes in what `write` wrote, into a cleared slot. The bytes come from a store: the reader checks lengths and counts.
   */
  restore(slot: number, from: StateReader): void;
}

/** What a window's state is opened with, for one view of one partition. */
export interface WindowContext {
  /** How far behind the watermark an event may be and still count, ms. */
  readonly allowedLatenessMs: number;
}

/** A declared window and the aggregates over it. */
export interface OpenWindow<P = unknown> {
  readonly parameters: P;
  readonly aggregates: WindowAggregates;
}

/**
 * A kind of window. The windows of a view that are of one kind are opened together: they may share state, or have one
 * each (`windows.map(...)`).
 */
export interface WindowDefinition<P = unknown> {
  /** In messages and in the fingerprint of stored state: lower-case letters, digits, dashes. */
  readonly name: string;
  /**
   * How far back in event time a window reaches, ms: what is replayed where the store was lost. Infinity: the topic's
   * beginning.
   */
  memoryMs(parameters: P): number;
  /**
   * Whether aggregates with different predicates have a window each. Right where the events make the window (the last n
   * that the predicate selects, a session of them); a window that event time alone makes can serve all of them from one
   * state. Default: true.
   */
  readonly byPredicate?: boolean;
  /** Why a window of this kind cannot be read as of an earlier instant, by `shifted`; left out if it can. */
  readonly notShifted?: string;
  /** Length of the window for people, ms; `memoryMs` by default. */
  lengthMs?(parameters: P): number;
  /** @throws MillraceError TOPOLOGY_INVALID where the windows cannot be served in this context */
  open(windows: ReadonlyArray<OpenWindow<P>>, context: WindowContext): readonly WindowState[];
}

/** A declared window: what stands in `over`. */
export interface WindowSpec {
  readonly definition: WindowDefinition;
  readonly parameters: unknown;
  /** The parameters as stable JSON: equal windows share state. */
  readonly key: string;
  readonly memoryMs: number;
  readonly lengthMs: number;
}
