// Windows whose state is made of events in the order of event time (hot path). Late events come out of order, so the newest
// events wait in a ring of panes that reaches back as far as a late event may; what is older is settled, in ascending order,
// into what the kind of window keeps. What a query sees is therefore a function of the events that have arrived, in
// whatever order within the allowed lateness, and a late query sees no later pane.
import { MillraceError } from '../../core/errors.ts';
import { WINDOW_PANES_MAX } from '../../core/window-limits.ts';
import { withRoom } from '../slab.ts';
import type { StateReader, StateWriter } from '../state-slots.ts';
import type { WindowAggregates, WindowState } from '../window.ts';

/** An empty ring's newest pane: before every real one. */
const NO_PANE = Number.NEGATIVE_INFINITY;

/** Panes into which the allowed lateness is divided. */
const LATE_PANES = 8;

/** Slots of a pane before its aggregates: the first and the last event time in it, and its tag. */
const FIRST = 0;
const LAST = 1;
const TAG = 2;
const PANE_HEAD = 3;

export interface SettlingLayout {
  readonly paneMs: number;
  readonly panes: number;
}

/**
 * The panes of the events that may still be joined by late ones.
 * @param paneMsMax what a pane may have at most
 * @param tags tags that event times within the allowed lateness may have, beside the first
 */
export function settlingLayout(allowedLatenessMs: number, paneMsMax: number, tags: number): SettlingLayout {
  const paneMs =
    allowedLatenessMs === 0 ? paneMsMax : Math.min(paneMsMax, Math.ceil(allowedLatenessMs / LATE_PANES));
  const panes = 1 + Math.ceil(allowedLatenessMs / paneMs) + tags;
  if (panes > WINDOW_PANES_MAX) {
    throw new MillraceError(
      'TOPOLOGY_INVALID',
      `a window needs ${panes} panes for an allowed lateness of ${allowedLatenessMs} ms, what it is shifted by included`,
      { remedy: `Allow for less lateness or a longer gap: ${WINDOW_PANES_MAX} panes at most.` },
    );
  }
  return { paneMs, panes };
}

/** Slots of a key: the newest pane, the ring, then `settledSlots` of what is settled. */
export abstract class SettlingState implements WindowState {
  abstract readonly ttlMs: number | null;
  protected readonly aggregates: WindowAggregates;
  protected slab: Float64Array = new Float64Array(0);
  /** What a query gathers. */
  protected readonly scratch: Float64Array;
  readonly #paneMs: number;
  readonly #panes: number;
  /** Slots of one pane. */
  readonly #width: number;
  /** Slots of one key. */
  readonly #stride: number;
  /** First slot of what is settled, from that of the key. */
  readonly #settledAt: number;

  constructor(aggregates: WindowAggregates, { paneMs, panes }: SettlingLayout, settledSlots: number) {
    this.aggregates = aggregates;
    this.#paneMs = paneMs;
    this.#panes = panes;
    this.#width = PANE_HEAD + aggregates.width;
    this.#settledAt = 1 + panes * this.#width;
    this.#stride = this.#settledAt + settledSlots;
    this.scratch = new Float64Array(aggregates.width);
  }

  /** Distinguishes events that share no pane; it never falls with event time. */
  protected abstract tagOf(timeMs: number): number;
  protected abstract clearSettled(at: number): void;
  /** An event of a tag came that is newer than all others. */
  protected abstract moveOn(at: number, tag: number): void;
  /** Takes in a pane, which is later than all before it. */
  protected abstract settle(at: number, pane: number, firstMs: number, lastMs: number, tag: number): void;
  protected abstract writeSettled(at: number, to: StateWriter): void;
  protected abstract restoreSettled(at: number, from: StateReader): void;
  /** Begins a query: gathers what is settled in `scratch`. */
  protected abstract readSettled(at: number, timeMs: number): void;
  /** Gathers a pane in `scratch`; panes come in ascending order. */
  protected abstract readPane(pane: number, firstMs: number, lastMs: number, tag: number): void;
  /** Ends a query whose events are gathered; the length of the window in seconds. */
  protected abstract endRead(timeMs: number): number;

  reserve(slots: number): void {
    this.slab = withRoom(this.slab, slots * this.#stride);
  }

  clear(slot: number): void {
    const record = slot * this.#stride;
    this.slab[record] = NO_PANE;
    for (let i = 0; i < this.#panes; i++) this.#clearPane(record + 1 + i * this.#width);
    this.clearSettled(record + this.#settledAt);
  }

  #clearPane(pane: number): void {
    this.slab[pane + FIRST] = Number.POSITIVE_INFINITY;
    this.slab[pane + LAST] = Number.NEGATIVE_INFINITY;
    this.slab[pane + TAG] = 0;
    this.aggregates.clear(this.slab, pane + PANE_HEAD);
  }

  /** The slot of a pane; of Float64 the remainder is a call. */
  #at(record: number, index: number): number {
    const place = index % this.#panes;
    return record + 1 + (place < 0 ? place + this.#panes : place) * this.#width;
  }

  update(slot: number, row: number, timeMs: number): void {
    if (!this.aggregates.takes(row)) return;
    const { slab } = this;
    const record = slot * this.#stride;
    const tag = this.tagOf(timeMs);
    const index = Math.floor(timeMs / this.#paneMs) + tag;
    const newest = slab[record] as number;
    if (index > newest) this.#moveOn(record, newest, index, tag);
    // Within the allowed lateness, but older than the ring: no query can see it. And what is no instant.
    else if (!(index > newest - this.#panes)) return;
    const pane = this.#at(record, index);
    if (timeMs < (slab[pane + FIRST] as number)) slab[pane + FIRST] = timeMs;
    if (timeMs > (slab[pane + LAST] as number)) slab[pane + LAST] = timeMs;
    slab[pane + TAG] = tag;
    this.aggregates.add(slab, pane + PANE_HEAD, row, timeMs);
  }

  /** Settles the panes that the ring leaves behind: at most all of it, whatever the event time. */
  #moveOn(record: number, newest: number, index: number, tag: number): void {
    const { slab } = this;
    const settled = record + this.#settledAt;
    this.moveOn(settled, tag);
    const leaving = newest === NO_PANE ? 0 : Math.min(index - newest, this.#panes);
    for (let k = 0; k < leaving; k++) {
      const pane = this.#at(record, newest - this.#panes + 1 + k);
      const firstMs = slab[pane + FIRST] as number;
      if (firstMs === Number.POSITIVE_INFINITY) continue;
      this.settle(
        settled,
        pane + PANE_HEAD,
        firstMs,
        slab[pane + LAST] as number,
        slab[pane + TAG] as number,
      );
      this.#clearPane(pane);
    }
    slab[record] = index;
  }

  read(slot: number, timeMs: number, out: Float32Array, outAt: number): void {
    const { slab } = this;
    const record = slot * this.#stride;
    this.readSettled(record + this.#settledAt, timeMs);
    const newest = slab[record] as number;
    const last = Math.min(Math.floor(timeMs / this.#paneMs) + this.tagOf(timeMs), newest);
    if (newest !== NO_PANE) {
      const end = record + 1 + this.#panes * this.#width;
      let pane = this.#at(record, newest + 1);
      // Counted in panes of the ring, so that no event time determines how long it takes.
      const count = Math.min(last - newest + this.#panes, this.#panes);
      for (let k = 0; k < count; k++, pane += this.#width) {
        if (pane === end) pane = record + 1;
        const firstMs = slab[pane + FIRST] as number;
        if (firstMs !== Number.POSITIVE_INFINITY)
          this.readPane(pane + PANE_HEAD, firstMs, slab[pane + LAST] as number, slab[pane + TAG] as number);
      }
    }
    const seconds = this.endRead(timeMs);
    this.aggregates.read(this.scratch, 0, timeMs, seconds, out, outAt);
  }

  /**
   * The length of a pane, as another allowed lateness has others; the newest pane, the number of panes that hold something,
   * and each of these, oldest first; then what is settled.
   */
  write(slot: number, to: StateWriter): void {
    const { slab } = this;
    const record = slot * this.#stride;
    const newest = slab[record] as number;
    to.push(this.#paneMs);
    to.push(newest);
    const countAt = to.length;
    to.push(0);
    let count = 0;
    for (let k = newest === NO_PANE ? this.#panes : 0; k < this.#panes; k++) {
      const pane = this.#at(record, newest - this.#panes + 1 + k);
      if (slab[pane + FIRST] === Number.POSITIVE_INFINITY) continue;
      count += 1;
      to.append(slab, pane, PANE_HEAD);
      this.aggregates.write(slab, pane + PANE_HEAD, to);
    }
    to.set(countAt, count);
    this.writeSettled(record + this.#settledAt, to);
  }

  restore(slot: number, from: StateReader): void {
    const record = slot * this.#stride;
    if (from.next() !== this.#paneMs) throw from.foreign();
    const newest = from.next();
    if (newest !== NO_PANE && !Number.isSafeInteger(newest)) throw from.foreign();
    this.slab[record] = newest;
    const count = from.count(this.#panes);
    for (let i = 0; i < count; i++) {
      const [firstMs, lastMs, tag] = [from.next(), from.next(), from.next()];
      const index = Math.floor(firstMs / this.#paneMs) + tag;
      const isOurs =
        firstMs <= lastMs &&
        Number.isInteger(tag) &&
        index <= newest &&
        index > newest - this.#panes &&
        Math.floor(lastMs / this.#paneMs) + tag === index;
      if (!isOurs) throw from.foreign();
      const pane = this.#at(record, index);
      this.slab[pane + FIRST] = firstMs;
      this.slab[pane + LAST] = lastMs;
      this.slab[pane + TAG] = tag;
      this.aggregates.restore(this.slab, pane + PANE_HEAD, from);
    }
    this.restoreSettled(record + this.#settledAt, from);
  }
}
