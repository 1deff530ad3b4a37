// A long sliding window of all keys of one view (hot path): tiles of growing size. An event is added to its tile of each size,
// so that a late one is in the right tiles at once. A query merges the large tiles from the old edge on, then smaller ones of
// the large tile that it is in, and so on to the finest, in ascending order. What a level has merged so far is kept for the
// next query, for as long as it reads the same tiles and no late event comes into one of them.
import { withRoom } from '../slab.ts';
import type { StateReader, StateWriter } from '../state-slots.ts';
import type { OpenWindow, WindowAggregates, WindowContext, WindowState } from '../window.ts';
import { layOutTiles, type TileLevel, type TileParameters } from './tile-layout.ts';

/** An empty ring's newest tile: before every real one. */
const NO_TILE = Number.NEGATIVE_INFINITY;

/** The tiles of one size, in a key's record. */
interface Ring extends TileLevel {
  /** First slot of the ring: the newest tile, then the tiles, each the number of its updates and the aggregates. */
  readonly base: number;
  /** First slot of what is merged down to this level: the first and the last tile that were read, then the aggregates. */
  readonly cache: number;
}

const CACHE_HEAD = 2;

export class TileState implements WindowState {
  readonly ttlMs: number;
  readonly #aggregates: WindowAggregates;
  /** The largest tiles first. */
  readonly #rings: readonly Ring[];
  readonly #sizeMs: number;
  readonly #width: number;
  readonly #stride: number;
  readonly #merged: Float64Array;
  #slab: Float64Array = new Float64Array(0);

  constructor({ aggregates, parameters }: OpenWindow<TileParameters>, context: WindowContext) {
    this.#aggregates = aggregates;
    this.#sizeMs = parameters.sizeMs;
    this.#width = 1 + aggregates.width;
    let base = 0;
    const rings = layOutTiles(parameters, context).map((level): Ring => {
      const cache = base + 1 + level.tiles * this.#width;
      const ring = { ...level, base, cache };
      base = cache + CACHE_HEAD + aggregates.width;
      return ring;
    });
    this.#rings = rings.toReversed();
    this.#stride = base;
    this.#merged = new Float64Array(aggregates.width);
    this.ttlMs = Math.max(...rings.map(({ tiles, tileMs }) => tiles * tileMs));
  }

  reserve(slots: number): void {
    this.#slab = withRoom(this.#slab, slots * this.#stride);
  }

  clear(slot: number): void {
    const record = slot * this.#stride;
    for (const ring of this.#rings) {
      this.#slab[record + ring.base] = NO_TILE;
      this.#slab[record + ring.cache] = NO_TILE;
      for (let i = 0; i < ring.tiles; i++) this.#clearTile(record + ring.base + 1 + i * this.#width);
    }
  }

  #clearTile(tile: number): void {
    this.#slab[tile] = 0;
    this.#aggregates.clear(this.#slab, tile + 1);
  }

  #at(record: number, ring: Ring, tile: number): number {
    const place = tile % ring.tiles;
    return record + ring.base + 1 + (place < 0 ? place + ring.tiles : place) * this.#width;
  }

  update(slot: number, row: number, timeMs: number): void {
    if (!this.#aggregates.takes(row)) return;
    const slab = this.#slab;
    const record = slot * this.#stride;
    for (let r = 0; r < this.#rings.length; r++) {
      const ring = this.#rings[r] as Ring;
      const tile = Math.floor(timeMs / ring.tileMs);
      const newest = slab[record + ring.base] as number;
      if (tile > newest) this.#moveOn(record, ring, newest, tile);
      // Within the allowed lateness, but older than the ring: no query can see it. And what is no instant.
      else if (!(tile > newest - ring.tiles)) continue;
      // What smaller tiles have merged begins with what larger ones have.
      if (tile <= (slab[record + ring.cache + 1] as number)) this.#dropCaches(record, r);
      const at = this.#at(record, ring, tile);
      slab[at] = (slab[at] as number) + 1;
      this.#aggregates.add(slab, at + 1, row, timeMs);
    }
  }

  /** Makes a tile the newest, clearing those that the ring passes over: at most all of it, whatever the event time. */
  #moveOn(record: number, ring: Ring, newest: number, tile: number): void {
    const passed = Math.min(tile - newest, ring.tiles);
    for (let k = 0; k < passed; k++) this.#clearTile(this.#at(record, ring, tile - k));
    this.#slab[record + ring.base] = tile;
  }

  #dropCaches(record: number, from: number): void {
    for (let r = from; r < this.#rings.length; r++)
      this.#slab[record + (this.#rings[r] as Ring).cache] = NO_TILE;
  }

  read(slot: number, timeMs: number, out: Float32Array, outAt: number): void {
    const slab = this.#slab;
    const record = slot * this.#stride;
    const merged = this.#merged;
    this.#aggregates.clear(merged, 0);
    let first = Math.floor((timeMs - this.#sizeMs) / (this.#rings[0] as Ring).tileMs);
    let isKept = true;
    for (let r = 0; r < this.#rings.length; r++) {
      const ring = this.#rings[r] as Ring;
      const current = Math.floor(timeMs / ring.tileMs);
      const isFinest = r === this.#rings.length - 1;
      // Complete tiles alone, but for the finest; these change too often to be kept.
      const last = isFinest ? current : current - 1;
      const cache = record + ring.cache;
      isKept = isKept && !isFinest && slab[cache] === first && slab[cache + 1] === last;
      if (isKept) {
        for (let i = 0; i < merged.length; i++) merged[i] = slab[cache + CACHE_HEAD + i] as number;
      } else {
        this.#mergeRange(record, ring, first, last);
        if (!isFinest) {
          slab[cache] = first;
          slab[cache + 1] = last;
          for (let i = 0; i < merged.length; i++) slab[cache + CACHE_HEAD + i] = merged[i] as number;
        }
      }
      const finer = this.#rings[r + 1];
      if (finer !== undefined) first = current * finer.perNext;
    }
    this.#aggregates.read(merged, 0, timeMs, this.#sizeMs / 1_000, out, outAt);
  }

  /** Merges the tiles [first, last] as far as the ring has them, oldest first. */
  #mergeRange(record: number, ring: Ring, first: number, last: number): void {
    const slab = this.#slab;
    const newest = slab[record + ring.base] as number;
    const end = Math.min(last, newest);
    const oldest = Math.max(first, newest - ring.tiles + 1);
    // Counted in tiles of the ring, so that no event time determines how long it takes.
    const count = Math.min(end - oldest + 1, ring.tiles);
    if (!(count > 0)) return;
    const width = this.#width;
    const ringEnd = record + ring.base + 1 + ring.tiles * width;
    let at = this.#at(record, ring, oldest);
    for (let k = 0; k < count; k++, at += width) {
      if (at === ringEnd) at = record + ring.base + 1;
      if ((slab[at] as number) > 0) this.#aggregates.merge(this.#merged, 0, slab, at + 1);
    }
  }

  /** For each size the newest tile, the number of tiles that hold something, and each of these, oldest first. */
  write(slot: number, to: StateWriter): void {
    const slab = this.#slab;
    const record = slot * this.#stride;
    for (const ring of this.#rings) {
      const newest = slab[record + ring.base] as number;
      to.push(newest);
      const countAt = to.length;
      to.push(0);
      let count = 0;
      for (let k = newest === NO_TILE ? ring.tiles : 0; k < ring.tiles; k++) {
        const tile = newest - ring.tiles + 1 + k;
        const at = this.#at(record, ring, tile);
        if (slab[at] === 0) continue;
        count += 1;
        to.push(tile);
        to.push(slab[at] as number);
        this.#aggregates.write(slab, at + 1, to);
      }
      to.set(countAt, count);
    }
  }

  restore(slot: number, from: StateReader): void {
    const record = slot * this.#stride;
    for (const ring of this.#rings) {
      const newest = from.next();
      if (newest !== NO_TILE && !Number.isSafeInteger(newest)) throw from.foreign();
      this.#slab[record + ring.base] = newest;
      const count = from.count(ring.tiles);
      for (let i = 0; i < count; i++) {
        const tile = from.next();
        if (!Number.isInteger(tile) || tile > newest || tile <= newest - ring.tiles) throw from.foreign();
        const at = this.#at(record, ring, tile);
        this.#slab[at] = from.next();
        this.#aggregates.restore(this.#slab, at + 1, from);
      }
    }
  }
}
