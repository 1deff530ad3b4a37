// Pane state of all keys of one feature view (hot path): one Float64Array slab, one record a key.
// An event touches one pane a ring; a pane is evicted by moving the ring on, in O(1). A query merges the current pane
// with a cached merge of the closed ones, which is made anew only when the ring has moved.
import { MillraceError } from '../core/errors.ts';
import { accumulate, clearPane, mergePane, readOutput } from './accumulators.ts';
import type { PaneLayout, Ring } from './pane-layout.ts';

const SLOTS_START = 64;

/** An empty ring's newest pane: before every real one. */
const NO_PANE = Number.NEGATIVE_INFINITY;

export class PaneStore {
  readonly layout: PaneLayout;
  #slab: Float64Array;
  #lastTimeMs: Float64Array;
  #dirty: Uint8Array;
  /** Batch in which a slot was last used: what is evicted first. */
  #usedIn: Float64Array;
  #batch = 0;
  #capacity: number;
  #used = 0;
  readonly #keys: string[] = [];
  readonly #slots = new Map<string, number>();
  readonly #free: number[] = [];
  #dirtySlots: number[] = [];
  readonly #scratch: Float64Array;
  /** Room for the longest state of a key, which `serialize` writes. */
  readonly #state: Float64Array;
  /** Grows whenever slots are given back: slot caches made before are void. */
  evictions = 0;

  constructor(layout: PaneLayout) {
    this.layout = layout;
    this.#capacity = SLOTS_START;
    this.#slab = new Float64Array(SLOTS_START * layout.stride);
    this.#lastTimeMs = new Float64Array(SLOTS_START);
    this.#dirty = new Uint8Array(SLOTS_START);
    this.#usedIn = new Float64Array(SLOTS_START);
    this.#scratch = new Float64Array(layout.rings.reduce((most, ring) => Math.max(most, ring.width), 0));
    this.#state = new Float64Array(
      layout.rings.reduce((sum, ring) => sum + 2 + ring.panes * (1 + ring.width), 1),
    );
  }

  get size(): number {
    return this.#slots.size;
  }

  has(key: string): boolean {
    return this.#slots.has(key);
  }

  /** Begins a batch: slots looked up from now on count as used in it. */
  beginBatch(): void {
    this.#batch += 1;
  }

  /** Marks a slot as used in this batch. */
  touch(slot: number): void {
    this.#usedIn[slot] = this.#batch;
  }

  /** The slot of a key, or -1. */
  find(key: string): number {
    return this.#slots.get(key) ?? -1;
  }

  /** The slot of a key, with an empty record where it is new. */
  obtain(key: string): number {
    const known = this.#slots.get(key);
    if (known !== undefined) return known;
    const slot = this.#free.pop() ?? this.#used++;
    if (slot >= this.#capacity) this.#grow();
    this.#slots.set(key, slot);
    this.#keys[slot] = key;
    this.#clearRecord(slot);
    return slot;
  }

  #grow(): void {
    this.#capacity *= 2;
    const slab = new Float64Array(this.#capacity * this.layout.stride);
    slab.set(this.#slab);
    this.#slab = slab;
    const times = new Float64Array(this.#capacity);
    times.set(this.#lastTimeMs);
    this.#lastTimeMs = times;
    const dirty = new Uint8Array(this.#capacity);
    dirty.set(this.#dirty);
    this.#dirty = dirty;
    const usedIn = new Float64Array(this.#capacity);
    usedIn.set(this.#usedIn);
    this.#usedIn = usedIn;
  }

  #clearRecord(slot: number): void {
    const record = slot * this.layout.stride;
    this.#lastTimeMs[slot] = NO_PANE;
    this.#dirty[slot] = 0;
    for (const ring of this.layout.rings) {
      this.#slab[record + ring.base] = NO_PANE;
      this.#slab[record + ring.cache] = NO_PANE;
      for (let pane = 0; pane < ring.panes; pane++) {
        clearPane(this.#slab, record + ring.base + 1 + pane * ring.width, ring);
      }
    }
  }

  /** Moves a ring on so that `pane` is its newest, clearing the panes that it passes over. */
  #moveOn(record: number, ring: Ring, pane: number): void {
    const slab = this.#slab;
    const newest = slab[record + ring.base] as number;
    const first = pane - newest >= ring.panes ? pane - ring.panes + 1 : newest + 1;
    for (let p = first; p <= pane; p++) {
      clearPane(slab, record + ring.base + 1 + modulo(p, ring.panes) * ring.width, ring);
    }
    slab[record + ring.base] = pane;
  }

  /**
   * Adds one event to every accumulator whose predicate holds for it.
   * @param masks one array a predicate of the layout: masks[p][row] is 1 where it holds
   * @param values one array a value column of the layout
   */
  update(
    slot: number,
    row: number,
    eventTimeMs: number,
    masks: readonly Uint8Array[],
    values: readonly Float64Array[],
  ): void {
    const record = slot * this.layout.stride;
    const slab = this.#slab;
    for (const ring of this.layout.rings) {
      const pane = Math.floor(eventTimeMs / ring.window.paneMs);
      const newest = slab[record + ring.base] as number;
      let at = -1;
      for (const accumulator of ring.accumulators) {
        if ((masks[accumulator.predicate] as Uint8Array)[row] === 0) continue;
        if (at < 0) {
          if (pane > newest) this.#moveOn(record, ring, pane);
          // Allowed lateness, but older than the ring: no query can see it.
          else if (pane <= newest - ring.panes) break;
          if (pane < (slab[record + ring.cache] as number)) slab[record + ring.cache] = NO_PANE;
          at = record + ring.base + 1 + modulo(pane, ring.panes) * ring.width;
          slab[at] = (slab[at] as number) + 1;
        }
        const value =
          accumulator.column < 0 ? 1 : ((values[accumulator.column] as Float64Array)[row] as number);
        accumulate(slab, at, accumulator, value, eventTimeMs);
      }
    }
    if (eventTimeMs > (this.#lastTimeMs[slot] as number)) this.#lastTimeMs[slot] = eventTimeMs;
    if (this.#dirty[slot] === 0) {
      this.#dirty[slot] = 1;
      this.#dirtySlots.push(slot);
    }
  }

  /** Writes the view's features as of `timeMs` into `out` at `outAt`. Slot -1 is a key without state. */
  read(slot: number, timeMs: number, out: Float32Array, outAt: number): void {
    for (const ring of this.layout.rings) {
      const merged = this.#scratch;
      if (slot < 0) clearPane(merged, 0, ring);
      else this.#merge(slot * this.layout.stride, ring, Math.floor(timeMs / ring.window.paneMs));
      for (const output of ring.outputs) out[outAt + output.feature] = readOutput(merged, 0, output);
    }
  }

  /** Merges what a query in pane `pane` sees into the scratch pane. */
  #merge(record: number, ring: Ring, pane: number): void {
    const merged = this.#scratch;
    const last = ring.window.kind === 'sliding' ? pane : pane - 1;
    // The cache serves queries at the front; a late query merges its panes one by one.
    if (ring.span > 2 && last >= (this.#slab[record + ring.base] as number)) {
      if (this.#slab[record + ring.cache] !== last) this.#fillCache(record, ring, last);
      const cached = record + ring.cache + 1;
      for (let i = 0; i < ring.width; i++) merged[i] = this.#slab[cached + i] as number;
      this.#mergeNewest(merged, record, ring, last);
      return;
    }
    clearPane(merged, 0, ring);
    this.#mergeRange(merged, 0, record, ring, last - ring.span + 1, last);
  }

  /** Merges the closed panes of the window that ends with pane `last` into the cache. */
  #fillCache(record: number, ring: Ring, last: number): void {
    const cached = record + ring.cache + 1;
    clearPane(this.#slab, cached, ring);
    this.#mergeRange(this.#slab, cached, record, ring, last - ring.span + 1, last - 1);
    this.#slab[record + ring.cache] = last;
  }

  /** Merges pane `last` into `to`, where the ring has it: it is then its newest. */
  #mergeNewest(to: Float64Array, record: number, ring: Ring, last: number): void {
    if (this.#slab[record + ring.base] !== last) return;
    const from = record + ring.base + 1 + modulo(last, ring.panes) * ring.width;
    if ((this.#slab[from] as number) > 0) mergePane(to, 0, this.#slab, from, ring);
  }

  /** Merges the panes [first, last] as far as the ring still has them, oldest first. */
  #mergeRange(to: Float64Array, at: number, record: number, ring: Ring, first: number, last: number): void {
    const slab = this.#slab;
    const newest = slab[record + ring.base] as number;
    const end = Math.min(last, newest);
    let pane = Math.max(first, newest - ring.panes + 1);
    if (!(pane <= end)) return;
    // One remainder for all of them: of Float64 it is a call.
    let index = modulo(pane, ring.panes);
    for (; pane <= end; pane++) {
      const from = record + ring.base + 1 + index * ring.width;
      if ((slab[from] as number) > 0) mergePane(to, at, slab, from, ring);
      index = index + 1 === ring.panes ? 0 : index + 1;
    }
  }

  /** Calls back once for each key that changed since the last call, in order of first change. */
  drainDirty(each: (key: string, slot: number, lastTimeMs: number) => void): void {
    for (const slot of this.#dirtySlots) {
      if (this.#dirty[slot] === 0) continue;
      this.#dirty[slot] = 0;
      each(this.#keys[slot] as string, slot, this.#lastTimeMs[slot] as number);
    }
    this.#dirtySlots = [];
  }

  /** Forgets clean keys whose panes no query at or after `watermarkMs` can see. */
  evictExpired(watermarkMs: number): void {
    for (const [key, slot] of this.#slots) {
      if (this.#dirty[slot] === 1 || (this.#lastTimeMs[slot] as number) + this.layout.ttlMs >= watermarkMs)
        continue;
      this.#forget(key, slot);
    }
  }

  /**
   * Forgets the least recently used clean keys until `keysMax` are left, dirty ones included. Between batches alone, when
   * what is clean is in the store: a batch must find what it was hydrated with.
   */
  evictTo(keysMax: number): void {
    const clean = [...this.#slots].filter(([, slot]) => this.#dirty[slot] === 0);
    clean.sort(([, a], [, b]) => (this.#usedIn[a] as number) - (this.#usedIn[b] as number));
    for (const [key, slot] of clean.slice(0, Math.max(0, this.#slots.size - keysMax)))
      this.#forget(key, slot);
  }

  #forget(key: string, slot: number): void {
    this.#slots.delete(key);
    this.#free.push(slot);
    this.evictions += 1;
  }

  /**
   * A key's state: last event time, then for each ring its newest pane, the number of panes that hold something, and
   * for each of those its index and slots. Caches are not state.
   */
  serialize(slot: number): Uint8Array {
    const slab = this.#slab;
    const out = this.#state;
    const record = slot * this.layout.stride;
    out[0] = this.#lastTimeMs[slot] as number;
    let to = 1;
    for (const { base, panes, width } of this.layout.rings) {
      const newest = slab[record + base] as number;
      const countAt = to + 1;
      out[to] = newest;
      to += 2;
      let count = 0;
      let index = modulo(newest + 1, panes);
      // A ring without a pane has none to write.
      let pane = newest === NO_PANE ? Number.POSITIVE_INFINITY : newest - panes + 1;
      for (; pane <= newest; pane++) {
        const at = record + base + 1 + index * width;
        index = index + 1 === panes ? 0 : index + 1;
        if (slab[at] === 0) continue;
        count += 1;
        out[to++] = pane;
        for (let i = 0; i < width; i++) out[to++] = slab[at + i] as number;
      }
      out[countAt] = count;
    }
    return new Uint8Array(out.slice(0, to).buffer);
  }

  /**
   * Takes in what `serialize` gave, unless the key is in memory already, which is then newer.
   * @throws STORE_FAILED where the state is not of this layout
   */
  restore(key: string, blob: Uint8Array): void {
    if (this.#slots.has(key)) return;
    // Copied: a blob from a store need not be aligned to eight bytes. Not by slice(): a Buffer's does not copy.
    const state = new Float64Array(new Uint8Array(blob).buffer);
    if (!this.#fits(state)) throw foreignState(key);
    const slot = this.obtain(key);
    const record = slot * this.layout.stride;
    this.#lastTimeMs[slot] = state[0] as number;
    let from = 1;
    for (const ring of this.layout.rings) {
      this.#slab[record + ring.base] = state[from++] as number;
      const panes = state[from++] as number;
      for (let i = 0; i < panes; i++) {
        const pane = state[from++] as number;
        const at = record + ring.base + 1 + modulo(pane, ring.panes) * ring.width;
        this.#slab.set(state.subarray(from, from + ring.width), at);
        from += ring.width;
      }
    }
  }

  /** Whether a state can be this layout's: each ring has as many panes as it may, and they fill the state. */
  #fits(state: Float64Array): boolean {
    let at = 1;
    for (const ring of this.layout.rings) {
      const panes = state[at + 1] ?? Number.NaN;
      if (!(panes >= 0 && panes <= ring.panes)) return false;
      at += 2 + panes * (1 + ring.width);
    }
    return at === state.length;
  }
}

function foreignState(key: string): MillraceError {
  return new MillraceError('STORE_FAILED', 'the stored state does not fit the windows that are declared', {
    where: key,
    remedy:
      'Give the stage or the topology another name where its windows have changed, or empty the state store.',
  });
}

/** Remainder that is never negative: event times before 1970 fall into panes below zero. */
function modulo(n: number, by: number): number {
  const rest = n % by;
  return rest < 0 ? rest + by : rest;
}
