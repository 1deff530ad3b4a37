// Sliding and tumbling windows of all keys of one view (hot path): one Float64Array slab, one record a key.
// An event touches one pane a ring; a pane is dropped by moving the ring on, in O(1). A query merges the current pane
// with a cached merge of the closed ones, which is recomputed only when the ring has moved.
import { withRoom } from '../slab.ts';
import type { StateReader, StateWriter } from '../state-slots.ts';
import type { WindowState } from '../window.ts';
import type { PaneLayout, Ring } from './pane-layout.ts';

/** An empty ring's newest pane: before every real one. */
const NO_PANE = Number.NEGATIVE_INFINITY;

export class PaneState implements WindowState {
  readonly ttlMs: number;
  readonly #rings: readonly Ring[];
  readonly #stride: number;
  #slab: Float64Array = new Float64Array(0);
  readonly #scratch: Float64Array;

  constructor({ rings, stride, ttlMs }: PaneLayout) {
    this.ttlMs = ttlMs;
    this.#rings = rings;
    this.#stride = stride;
    this.#scratch = new Float64Array(rings.reduce((most, { width }) => Math.max(most, width), 0));
  }

  reserve(slots: number): void {
    this.#slab = withRoom(this.#slab, slots * this.#stride);
  }

  clear(slot: number): void {
    const record = slot * this.#stride;
    for (const ring of this.#rings) {
      this.#slab[record + ring.base] = NO_PANE;
      this.#slab[record + ring.cache] = NO_PANE;
      for (let pane = 0; pane < ring.panes; pane++) {
        clearPane(this.#slab, record + ring.base + 1 + pane * ring.width, ring);
      }
    }
  }

  update(slot: number, row: number, timeMs: number): void {
    const record = slot * this.#stride;
    const slab = this.#slab;
    const rings = this.#rings;
    for (let r = 0; r < rings.length; r++) {
      const ring = rings[r] as Ring;
      const { aggregates } = ring;
      if (!aggregates.takes(row)) continue;
      const pane = Math.floor(timeMs / ring.paneMs);
      const newest = slab[record + ring.base] as number;
      if (pane > newest) moveOn(slab, record, ring, pane);
      // Within the allowed lateness, but older than the ring: no query can see it.
      else if (pane <= newest - ring.panes) continue;
      if (pane < (slab[record + ring.cache] as number)) slab[record + ring.cache] = NO_PANE;
      const at = record + ring.base + 1 + modulo(pane, ring.panes) * ring.width;
      slab[at] = (slab[at] as number) + 1;
      aggregates.add(slab, at + 1, row, timeMs);
    }
  }

  read(slot: number, timeMs: number, out: Float32Array, outAt: number): void {
    const record = slot * this.#stride;
    const rings = this.#rings;
    const scratch = this.#scratch;
    for (let r = 0; r < rings.length; r++) {
      const ring = rings[r] as Ring;
      this.#merge(record, ring, Math.floor(timeMs / ring.paneMs));
      ring.aggregates.read(scratch, 1, timeMs, ring.seconds, out, outAt);
    }
  }

  /** Merges what a query in pane `pane` sees into the scratch pane. */
  #merge(record: number, ring: Ring, pane: number): void {
    const merged = this.#scratch;
    const slab = this.#slab;
    const last = ring.isSliding ? pane : pane - 1;
    // The cache serves queries at the front; a late query merges its panes one by one.
    if (ring.span > 2 && last >= (slab[record + ring.base] as number)) {
      if (slab[record + ring.cache] !== last) fillCache(slab, record, ring, last);
      const cached = record + ring.cache + 1;
      for (let i = 0; i < ring.width; i++) merged[i] = slab[cached + i] as number;
      mergeNewest(merged, slab, record, ring, last);
      return;
    }
    clearPane(merged, 0, ring);
    mergeRange(merged, 0, slab, record, ring, last - ring.span + 1, last);
  }

  /**
   * For each ring its newest pane, the number of panes that hold something, and for each of those, oldest first, its
   * index and slots. Caches are not state.
   */
  write(slot: number, to: StateWriter): void {
    const slab = this.#slab;
    const record = slot * this.#stride;
    for (const { base, panes, width, aggregates } of this.#rings) {
      const newest = slab[record + base] as number;
      to.push(newest);
      const countAt = to.length;
      to.push(0);
      let count = 0;
      let index = modulo(newest + 1, panes);
      // A ring without a pane has none to write. Counted by ring, not by time: see moveOn.
      const kept = newest === NO_PANE ? 0 : panes;
      for (let k = 0; k < kept; k++) {
        const pane = newest - panes + 1 + k;
        const at = record + base + 1 + index * width;
        index = index + 1 === panes ? 0 : index + 1;
        if (slab[at] === 0) continue;
        count += 1;
        to.push(pane);
        to.push(slab[at] as number);
        aggregates.write(slab, at + 1, to);
      }
      to.set(countAt, count);
    }
  }

  restore(slot: number, from: StateReader): void {
    const record = slot * this.#stride;
    for (const { base, panes, width, aggregates } of this.#rings) {
      const newest = from.next();
      if (newest !== NO_PANE && !Number.isSafeInteger(newest)) throw from.foreign();
      this.#slab[record + base] = newest;
      const count = from.count(panes);
      for (let i = 0; i < count; i++) {
        const pane = from.next();
        if (!Number.isInteger(pane) || pane > newest || pane <= newest - panes) throw from.foreign();
        const at = record + base + 1 + modulo(pane, panes) * width;
        this.#slab[at] = from.next();
        aggregates.restore(this.#slab, at + 1, from);
      }
    }
  }
}

function clearPane(slab: Float64Array, at: number, ring: Ring): void {
  slab[at] = 0;
  ring.aggregates.clear(slab, at + 1);
}

function mergePane(to: Float64Array, at: number, from: Float64Array, pane: number, ring: Ring): void {
  to[at] = (to[at] as number) + (from[pane] as number);
  ring.aggregates.merge(to, at + 1, from, pane + 1);
}

/**
 * Moves a ring on so that `pane` is its newest, clearing the panes that it passes over: at most all of the ring, counted in
 * panes of the ring, so that no event time determines how long it takes.
 */
function moveOn(slab: Float64Array, record: number, ring: Ring, pane: number): void {
  const newest = slab[record + ring.base] as number;
  const passed = Math.min(pane - newest, ring.panes);
  for (let k = 0; k < passed; k++) {
    clearPane(slab, record + ring.base + 1 + modulo(pane - k, ring.panes) * ring.width, ring);
  }
  slab[record + ring.base] = pane;
}

/** Merges the closed panes of the window that ends with pane `last` into the cache. */
function fillCache(slab: Float64Array, record: number, ring: Ring, last: number): void {
  const cached = record + ring.cache + 1;
  clearPane(slab, cached, ring);
  mergeRange(slab, cached, slab, record, ring, last - ring.span + 1, last - 1);
  slab[record + ring.cache] = last;
}

/** Merges pane `last` into `to`, where the ring has it: it is then its newest. */
function mergeNewest(to: Float64Array, slab: Float64Array, record: number, ring: Ring, last: number): void {
  if (slab[record + ring.base] !== last) return;
  const from = record + ring.base + 1 + modulo(last, ring.panes) * ring.width;
  if ((slab[from] as number) > 0) mergePane(to, 0, slab, from, ring);
}

/** Merges the panes [first, last] as far as the ring still has them, oldest first. */
function mergeRange(
  to: Float64Array,
  at: number,
  slab: Float64Array,
  record: number,
  ring: Ring,
  first: number,
  last: number,
): void {
  const newest = slab[record + ring.base] as number;
  const end = Math.min(last, newest);
  const oldest = Math.max(first, newest - ring.panes + 1);
  const count = Math.min(end - oldest + 1, ring.panes);
  if (!(count > 0)) return;
  // One remainder for all of them: of Float64 it is a call.
  let index = modulo(oldest, ring.panes);
  for (let k = 0; k < count; k++) {
    const from = record + ring.base + 1 + index * ring.width;
    if ((slab[from] as number) > 0) mergePane(to, at, slab, from, ring);
    index = index + 1 === ring.panes ? 0 : index + 1;
  }
}

/** Remainder that is never negative: event times before 1970 fall into panes below zero. */
function modulo(n: number, by: number): number {
  const rest = n % by;
  return rest < 0 ? rest + by : rest;
}
