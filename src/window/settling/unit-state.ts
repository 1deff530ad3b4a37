// Windows that begin at fixed instants, of all keys of one view (hot path): units of the calendar, of a fixed length, or a
// single one. A query reads the unit of its own instant so far, or the whole one some units before. Settled is, of the
// newest units, what is older than the panes.
import { MS_PER_MINUTE } from '../../core/time.ts';
import type { StateReader, StateWriter } from '../state-slots.ts';
import type { OpenWindow, WindowContext } from '../window.ts';
import { settlingLayout, SettlingState } from './settling-state.ts';

/** Divides time into units, numbered in ascending order. */
export interface UnitClock {
  /** The unit of an instant; NaN if there is none. */
  unitOf(timeMs: number): number;
  /** Length of the window of a query at `timeMs`, whose first event is at `firstMs`, in seconds. */
  secondsOf(unit: number, firstMs: number, timeMs: number): number;
  /** The most beginnings of units that are in a stretch of so many milliseconds. */
  beginningsIn(ms: number): number;
  /** The longest unit, ms. */
  readonly mostMs: number;
}

export interface UnitWindow {
  readonly clock: UnitClock;
  /** How many units before that of the query is read. */
  readonly back: number;
}

/** A late query sees events of up to a quarter of an hour after it, or a 128th of the allowed lateness if that is more. */
const PANE_MS_MAX = 15 * MS_PER_MINUTE;
const LATE_PANES_MAX = 128;

const NO_UNIT = Number.NEGATIVE_INFINITY;

/** Slots of a unit before its aggregates: its number, and its first event time. */
const UNIT = 0;
const FIRST = 1;
const HEAD = 2;

export class UnitState extends SettlingState {
  readonly ttlMs: number | null;
  readonly #clock: UnitClock;
  readonly #back: number;
  readonly #units: number;
  readonly #width: number;
  /** What a query reads, and its first event time. */
  #unit = 0;
  #firstMs = 0;

  constructor({ aggregates }: OpenWindow, { allowedLatenessMs }: WindowContext, { clock, back }: UnitWindow) {
    const late = clock.beginningsIn(allowedLatenessMs);
    const units = back + 1 + late;
    const width = HEAD + aggregates.width;
    // Of a complete unit a query sees all that has arrived.
    const paneMsMax = Math.max(PANE_MS_MAX, Math.ceil(allowedLatenessMs / LATE_PANES_MAX));
    super(aggregates, settlingLayout(allowedLatenessMs, paneMsMax, late), 1 + units * width);
    this.#clock = clock;
    this.#back = back;
    this.#units = units;
    this.#width = width;
    const ttlMs = (back + 1) * clock.mostMs + allowedLatenessMs;
    this.ttlMs = Number.isFinite(ttlMs) ? ttlMs : null;
  }

  protected override tagOf(timeMs: number): number {
    return this.#clock.unitOf(timeMs);
  }

  protected override clearSettled(at: number): void {
    this.slab[at] = NO_UNIT;
    for (let i = 0; i < this.#units; i++) this.#clearUnit(at + 1 + i * this.#width);
  }

  #clearUnit(unit: number): void {
    this.slab[unit + UNIT] = NO_UNIT;
    this.slab[unit + FIRST] = Number.POSITIVE_INFINITY;
    this.aggregates.clear(this.slab, unit + HEAD);
  }

  #at(at: number, unit: number): number {
    const place = unit % this.#units;
    return at + 1 + (place < 0 ? place + this.#units : place) * this.#width;
  }

  protected override moveOn(at: number, tag: number): void {
    if (tag > (this.slab[at] as number)) this.slab[at] = tag;
  }

  protected override settle(at: number, pane: number, firstMs: number, _lastMs: number, tag: number): void {
    const { slab } = this;
    if (tag <= (slab[at] as number) - this.#units) return;
    const unit = this.#at(at, tag);
    if (slab[unit + UNIT] !== tag) {
      this.#clearUnit(unit);
      slab[unit + UNIT] = tag;
    }
    if (firstMs < (slab[unit + FIRST] as number)) slab[unit + FIRST] = firstMs;
    this.aggregates.merge(slab, unit + HEAD, slab, pane);
  }

  protected override readSettled(at: number, timeMs: number): void {
    this.#unit = this.#clock.unitOf(timeMs) - this.#back;
    this.#firstMs = Number.POSITIVE_INFINITY;
    const unit = this.#at(at, this.#unit);
    if (this.slab[unit + UNIT] !== this.#unit) {
      this.aggregates.clear(this.scratch, 0);
      return;
    }
    this.#firstMs = this.slab[unit + FIRST] as number;
    for (let i = 0; i < this.scratch.length; i++) this.scratch[i] = this.slab[unit + HEAD + i] as number;
  }

  protected override readPane(pane: number, firstMs: number, _lastMs: number, tag: number): void {
    if (tag !== this.#unit) return;
    if (firstMs < this.#firstMs) this.#firstMs = firstMs;
    this.aggregates.merge(this.scratch, 0, this.slab, pane);
  }

  protected override endRead(timeMs: number): number {
    return this.#clock.secondsOf(this.#unit, this.#firstMs, timeMs);
  }

  /** The newest unit, the number of units that hold something, and each of these, oldest first. */
  protected override writeSettled(at: number, to: StateWriter): void {
    const newest = this.slab[at] as number;
    to.push(newest);
    const countAt = to.length;
    to.push(0);
    let count = 0;
    for (let k = newest === NO_UNIT ? this.#units : 0; k < this.#units; k++) {
      const number = newest - this.#units + 1 + k;
      const unit = this.#at(at, number);
      if (this.slab[unit + UNIT] !== number) continue;
      count += 1;
      to.append(this.slab, unit, HEAD);
      this.aggregates.write(this.slab, unit + HEAD, to);
    }
    to.set(countAt, count);
  }

  protected override restoreSettled(at: number, from: StateReader): void {
    const newest = from.next();
    if (newest !== NO_UNIT && !Number.isSafeInteger(newest)) throw from.foreign();
    this.slab[at] = newest;
    const count = from.count(this.#units);
    for (let i = 0; i < count; i++) {
      const number = from.next();
      if (!Number.isInteger(number) || number > newest || number <= newest - this.#units)
        throw from.foreign();
      const unit = this.#at(at, number);
      this.slab[unit + UNIT] = number;
      this.slab[unit + FIRST] = from.next();
      this.aggregates.restore(this.slab, unit + HEAD, from);
    }
  }
}
