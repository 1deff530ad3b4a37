// Sessions of all keys of one view (hot path). A session ends where no event comes for the gap, and is cut where one comes
// more than the maximum length after its first. Settled is the newest session whose events are all older than the panes; no
// query can see an older one, as no late event can join it with a newer one any more.
import type { StateReader, StateWriter } from '../state-slots.ts';
import type { OpenWindow, WindowContext } from '../window.ts';
import { elapsedSeconds } from './elapsed-seconds.ts';
import { settlingLayout, SettlingState } from './settling-state.ts';

export interface SessionParameters {
  readonly gapMs: number;
  readonly maxMs: number;
}

/** Slots of the settled session before its aggregates: its first and last event time; infinite if there is none. */
const FIRST = 0;
const LAST = 1;
const HEAD = 2;

export class SessionState extends SettlingState {
  readonly ttlMs: number;
  readonly #gapMs: number;
  readonly #maxMs: number;
  readonly #paneMs: number;
  /** The session that a query has gathered. */
  #firstMs = 0;
  #lastMs = 0;

  constructor(
    { aggregates, parameters }: OpenWindow<SessionParameters>,
    { allowedLatenessMs }: WindowContext,
  ) {
    const { gapMs, maxMs } = parameters;
    // Events of one pane are in one session, so a pane may not be longer than the gap. Without late events each instant
    // settles at once, and a session is cut exactly.
    const layout = settlingLayout(allowedLatenessMs, allowedLatenessMs === 0 ? 1 : gapMs, 0);
    super(aggregates, layout, HEAD + aggregates.width);
    this.#gapMs = gapMs;
    this.#maxMs = maxMs;
    this.#paneMs = layout.paneMs;
    this.ttlMs = gapMs + allowedLatenessMs;
  }

  protected override tagOf(): number {
    return 0;
  }

  protected override moveOn(): void {
    // There is one session at a time.
  }

  protected override clearSettled(at: number): void {
    this.slab[at + FIRST] = Number.POSITIVE_INFINITY;
    this.slab[at + LAST] = Number.NEGATIVE_INFINITY;
    this.aggregates.clear(this.slab, at + HEAD);
  }

  /** Whether an event at `timeMs` belongs to no session from `firstMs` to `lastMs`. */
  #isAfter(timeMs: number, firstMs: number, lastMs: number): boolean {
    return timeMs - lastMs > this.#gapMs || timeMs - firstMs > this.#maxMs;
  }

  protected override settle(at: number, pane: number, firstMs: number, lastMs: number): void {
    const { slab } = this;
    if (this.#isAfter(firstMs, slab[at + FIRST] as number, slab[at + LAST] as number)) {
      this.clearSettled(at);
      slab[at + FIRST] = firstMs;
    }
    if (firstMs < (slab[at + FIRST] as number)) slab[at + FIRST] = firstMs;
    slab[at + LAST] = lastMs;
    this.aggregates.merge(slab, at + HEAD, slab, pane);
  }

  protected override readSettled(at: number): void {
    this.#firstMs = this.slab[at + FIRST] as number;
    this.#lastMs = this.slab[at + LAST] as number;
    for (let i = 0; i < this.scratch.length; i++) this.scratch[i] = this.slab[at + HEAD + i] as number;
  }

  protected override readPane(pane: number, firstMs: number, lastMs: number): void {
    if (this.#isAfter(firstMs, this.#firstMs, this.#lastMs)) {
      this.aggregates.clear(this.scratch, 0);
      this.#firstMs = firstMs;
    }
    this.aggregates.merge(this.scratch, 0, this.slab, pane);
    this.#lastMs = lastMs;
  }

  /** Events of one pane are in one session, so an instant in the pane of the last event is never behind its end. */
  #isPast(timeMs: number): boolean {
    if (!this.#isAfter(timeMs, this.#firstMs, this.#lastMs)) return false;
    return Math.floor(this.#lastMs / this.#paneMs) !== Math.floor(timeMs / this.#paneMs);
  }

  protected override endRead(timeMs: number): number {
    if (this.#isPast(timeMs)) {
      this.aggregates.clear(this.scratch, 0);
      return Number.NaN;
    }
    return elapsedSeconds(this.#firstMs, timeMs);
  }

  protected override writeSettled(at: number, to: StateWriter): void {
    to.append(this.slab, at, HEAD);
    this.aggregates.write(this.slab, at + HEAD, to);
  }

  protected override restoreSettled(at: number, from: StateReader): void {
    const [firstMs, lastMs] = [from.next(), from.next()];
    const isEmpty = firstMs === Number.POSITIVE_INFINITY && lastMs === Number.NEGATIVE_INFINITY;
    if (!isEmpty && !(Number.isFinite(firstMs) && Number.isFinite(lastMs) && firstMs <= lastMs))
      throw from.foreign();
    this.slab[at + FIRST] = firstMs;
    this.slab[at + LAST] = lastMs;
    this.aggregates.restore(this.slab, at + HEAD, from);
  }
}
