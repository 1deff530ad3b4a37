// The last n events of all keys of one view (hot path): a ring of events for each key, in the order of event time, of equal
// times in that of their offsets, each with the aggregates of it alone. A query merges the last n up to its instant, so that
// nothing has to be taken back and every aggregate is exact.
import { MillraceError } from '../core/errors.ts';
import { LAST_EVENTS_SLOTS_MAX } from '../core/window-limits.ts';
import { elapsedSeconds } from './settling/elapsed-seconds.ts';
import { withRoom } from './slab.ts';
import type { StateReader, StateWriter } from './state-slots.ts';
import type { OpenWindow, WindowAggregates, WindowContext, WindowState } from './window.ts';

export interface LastEventsParameters {
  readonly count: number;
  /** Older events are left out; null: none is. */
  readonly withinMs: number | null;
}

/** Events that are kept beside the last n where there are late ones, at least: a late query sees none after its instant. */
const LATER_KEPT_MIN = 16;

/** Slots of a key before its events: how many there are, and the place of the oldest. */
const COUNT = 0;
const OLDEST = 1;
const HEAD = 2;

export class LastEventsState implements WindowState {
  readonly ttlMs: number | null;
  readonly #aggregates: WindowAggregates;
  readonly #count: number;
  readonly #withinMs: number;
  /** Events that are kept. */
  readonly #kept: number;
  /** Slots of one event. */
  readonly #width: number;
  /** Slots of one key. */
  readonly #stride: number;
  readonly #merged: Float64Array;
  #slab: Float64Array = new Float64Array(0);

  constructor(
    { aggregates, parameters }: OpenWindow<LastEventsParameters>,
    { allowedLatenessMs }: WindowContext,
  ) {
    const { count, withinMs } = parameters;
    this.#aggregates = aggregates;
    this.#count = count;
    this.#withinMs = withinMs ?? Number.POSITIVE_INFINITY;
    this.#kept = allowedLatenessMs === 0 ? count : count + Math.max(count, LATER_KEPT_MIN);
    this.#width = 1 + aggregates.width;
    this.#stride = HEAD + this.#kept * this.#width;
    this.#merged = new Float64Array(aggregates.width);
    if (this.#stride > LAST_EVENTS_SLOTS_MAX) {
      throw new MillraceError(
        'TOPOLOGY_INVALID',
        `the last ${count} events need ${this.#stride} slots a key, ${this.#width} for each event`,
        { remedy: `Choose fewer events or smaller aggregates: ${LAST_EVENTS_SLOTS_MAX} slots at most.` },
      );
    }
    this.ttlMs = withinMs === null ? null : withinMs + allowedLatenessMs;
  }

  reserve(slots: number): void {
    this.#slab = withRoom(this.#slab, slots * this.#stride);
  }

  clear(slot: number): void {
    this.#slab[slot * this.#stride + COUNT] = 0;
    this.#slab[slot * this.#stride + OLDEST] = 0;
  }

  /** The slot of the event after `ordinal` others. */
  #at(record: number, ordinal: number): number {
    const place = (this.#slab[record + OLDEST] as number) + ordinal;
    return record + HEAD + (place < this.#kept ? place : place - this.#kept) * this.#width;
  }

  update(slot: number, row: number, timeMs: number): void {
    if (!this.#aggregates.takes(row)) return;
    const slab = this.#slab;
    const record = slot * this.#stride;
    let count = slab[record + COUNT] as number;
    if (count === this.#kept) {
      if (timeMs < (slab[this.#at(record, 0)] as number)) return;
      const oldest = slab[record + OLDEST] as number;
      slab[record + OLDEST] = oldest + 1 === this.#kept ? 0 : oldest + 1;
      count -= 1;
    }
    let place = count;
    for (; place > 0; place--) {
      const before = this.#at(record, place - 1);
      if ((slab[before] as number) <= timeMs) break;
      slab.copyWithin(this.#at(record, place), before, before + this.#width);
    }
    const at = this.#at(record, place);
    slab[at] = timeMs;
    this.#aggregates.clear(slab, at + 1);
    this.#aggregates.add(slab, at + 1, row, timeMs);
    slab[record + COUNT] = count + 1;
  }

  read(slot: number, timeMs: number, out: Float32Array, outAt: number): void {
    const slab = this.#slab;
    const record = slot * this.#stride;
    let end = slab[record + COUNT] as number;
    while (end > 0 && !((slab[this.#at(record, end - 1)] as number) <= timeMs)) end -= 1;
    let from = Math.max(0, end - this.#count);
    while (from < end && timeMs - (slab[this.#at(record, from)] as number) > this.#withinMs) from += 1;
    const seconds = from < end ? elapsedSeconds(slab[this.#at(record, from)] as number, timeMs) : Number.NaN;
    this.#aggregates.clear(this.#merged, 0);
    for (let place = from; place < end; place++)
      this.#aggregates.merge(this.#merged, 0, slab, this.#at(record, place) + 1);
    this.#aggregates.read(this.#merged, 0, timeMs, seconds, out, outAt);
  }

  /** The number of events, and each, oldest first. */
  write(slot: number, to: StateWriter): void {
    const record = slot * this.#stride;
    const count = this.#slab[record + COUNT] as number;
    to.push(count);
    for (let place = 0; place < count; place++) {
      const at = this.#at(record, place);
      to.push(this.#slab[at] as number);
      this.#aggregates.write(this.#slab, at + 1, to);
    }
  }

  restore(slot: number, from: StateReader): void {
    const slab = this.#slab;
    const record = slot * this.#stride;
    const count = from.count(this.#kept);
    slab[record + COUNT] = count;
    let before = Number.NEGATIVE_INFINITY;
    for (let place = 0; place < count; place++) {
      const at = this.#at(record, place);
      const timeMs = from.next();
      if (!(timeMs >= before)) throw from.foreign();
      slab[at] = before = timeMs;
      this.#aggregates.clear(slab, at + 1);
      this.#aggregates.restore(slab, at + 1, from);
    }
  }
}
