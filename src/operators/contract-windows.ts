// Expectations of a partition (hot path): figures over tumbling windows of event time. While the last complete window is not
// as expected, each event of the partition breaks the rule.
import type { Barrier, Batch, Column } from '../core/batch.ts';
import type { OperatorState } from './stage.ts';

/** Figures of one window, as JSON; the number of rows is first. */
export type WindowFigures = number[];

/** How an expectation counts and judges; figures are plain numbers. */
export interface Expectation {
  /** The figures of a window without an event. */
  empty(): WindowFigures;
  /** Looks at the column of a batch; the result adds a row. */
  reader(batch: Batch, column: Column | undefined): (figures: WindowFigures, row: number) => void;
  /** Whether a window is as expected; null: it has too little to say. */
  isMet(figures: WindowFigures): boolean | null;
}

interface Saved {
  /** The newest event time; null before the first event. */
  readonly newestMs: number | null;
  /** The window of the first event, which may have begun before it: it is not judged. */
  readonly first: number | null;
  readonly isBroken: boolean;
  readonly windows: ReadonlyArray<readonly [index: number, figures: WindowFigures]>;
}

/** What was seen of the batch that was last looked at: a barrier may still be placed inside it. */
interface Seen {
  readonly before: string;
  readonly read: (figures: WindowFigures, row: number) => void;
  readonly batch: Batch;
  readonly rows: number[];
}

/** The windows of one expectation on one partition. The result is the same however events are batched. */
export class ExpectationWindows implements OperatorState {
  readonly #expectation: Expectation;
  readonly #overMs: number;
  readonly #latenessMs: number;
  #newestMs = Number.NEGATIVE_INFINITY;
  #first = Number.NaN;
  #isBroken = false;
  readonly #open = new Map<number, WindowFigures>();
  #seen: Seen | null = null;

  /** @param latenessMs how far behind the newest event time an event may be and still count */
  constructor(expectation: Expectation, overMs: number, latenessMs: number) {
    this.#expectation = expectation;
    this.#overMs = overMs;
    this.#latenessMs = latenessMs;
  }

  /** Event time of the newest event; -Infinity before the first. */
  get newestMs(): number {
    return this.#newestMs;
  }

  /** Prepares for a batch; the result takes a row, in offset order, and says whether the last complete window is off. */
  begin(batch: Batch, column: Column | undefined): (row: number) => boolean {
    const read = this.#expectation.reader(batch, column);
    const rows: number[] = [];
    this.#seen = { before: this.#text(), read, batch, rows };
    return (row) => {
      rows.push(row);
      this.#take(batch.eventTimeMs[row] as number, read, row);
      return this.#isBroken;
    };
  }

  #take(timeMs: number, read: Seen['read'], row: number): void {
    const index = Math.floor(timeMs / this.#overMs);
    if (timeMs > this.#newestMs) this.#advance(timeMs);
    if (Number.isNaN(this.#first)) this.#first = index;
    // A window that was judged stays as it was.
    if (index < this.#completeBefore(this.#newestMs)) return;
    let figures = this.#open.get(index);
    if (figures === undefined) this.#open.set(index, (figures = this.#expectation.empty()));
    read(figures, row);
  }

  /** The first window that is not complete at this event time. */
  #completeBefore(newestMs: number): number {
    return Math.floor((newestMs - this.#latenessMs) / this.#overMs);
  }

  /** Judges the newest of the windows that are complete now; those before it say nothing about now. */
  #advance(timeMs: number): void {
    const before = this.#completeBefore(this.#newestMs);
    const next = this.#completeBefore(timeMs);
    this.#newestMs = timeMs;
    if (!(next > before)) return;
    const last = next - 1;
    if (last > this.#first) {
      const verdict = this.#expectation.isMet(this.#open.get(last) ?? this.#expectation.empty());
      if (verdict !== null) this.#isBroken = !verdict;
    }
    for (const index of this.#open.keys()) if (index < next) this.#open.delete(index);
  }

  snapshot({ offsetNext }: Pick<Barrier, 'offsetNext'>): Uint8Array {
    return Buffer.from(this.#textAt(offsetNext));
  }

  /** The state as of the events before an offset, which may lie in the batch that was last looked at. */
  #textAt(offsetNext: number): string {
    const seen = this.#seen;
    const newest = seen?.rows.at(-1);
    if (seen === null || newest === undefined || (seen.batch.offsets[newest] as number) < offsetNext)
      return this.#text();
    const { before, read, batch, rows } = seen;
    const earlier = new ExpectationWindows(this.#expectation, this.#overMs, this.#latenessMs);
    earlier.restore(Buffer.from(before));
    for (const row of rows) {
      if ((batch.offsets[row] as number) >= offsetNext) break;
      earlier.#take(batch.eventTimeMs[row] as number, read, row);
    }
    return earlier.#text();
  }

  #text(): string {
    const saved: Saved = {
      newestMs: Number.isFinite(this.#newestMs) ? this.#newestMs : null,
      first: Number.isNaN(this.#first) ? null : this.#first,
      isBroken: this.#isBroken,
      windows: [...this.#open],
    };
    return JSON.stringify(saved);
  }

  restore(blob: Uint8Array): void {
    const saved = JSON.parse(Buffer.from(blob).toString()) as Saved; // what #text wrote; the frame of the state is checked
    this.#newestMs = saved.newestMs ?? Number.NEGATIVE_INFINITY;
    this.#first = saved.first ?? Number.NaN;
    this.#isBroken = saved.isBroken;
    this.#open.clear();
    for (const [index, figures] of saved.windows) this.#open.set(index, figures);
  }
}
