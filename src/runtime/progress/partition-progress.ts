// How far a partition has come, over all attempts of its task (hot path, a few fields once a batch).
import { messageOf, MillraceError } from '../../core/errors.ts';
import type { LogEnd } from '../../ports/event-log.ts';

/** What a task is doing, for the reason of a partition that does not progress. */
export type TaskPhase =
  | 'waiting for its lookup tables'
  | 'opening its writer and its state'
  | 'restoring its state'
  | 'waiting for the log'
  | 'waiting for a sink'
  | 'decoding'
  | 'processing a batch'
  | 'waiting for features of other keys'
  | 'committing an epoch'
  | 'waiting at a control boundary'
  | 'waiting to restart';

export class PartitionProgress {
  readonly partition: number;
  phase: TaskPhase = 'opening its writer and its state';
  /** The end of the log as far as it is known; null before the first answer of the log. */
  end: number | null = null;
  /** The first offset of a transaction that its producer has not ended: nothing can be read from there on. Null if there is none. */
  openFrom: number | null = null;
  /** Everything below is processed and committed; null until the task has read where it starts. */
  committed: number | null = null;
  /** Why the task failed last; null after progress. */
  failure: Error | null = null;
  /** Dead letters since the last event that was none. */
  deadLettersInARow = 0;
  readonly #clock: () => number;
  readonly #look: () => Promise<void>;
  /** When the log was asked for the end that is known. */
  #askedMs: number = Number.NEGATIVE_INFINITY;
  /** The highest offset that has counted as progress. */
  #reached = Number.NEGATIVE_INFINITY;
  #isRewound = false;
  /** Below it, this process or an earlier one has counted every event; null until the task has read where it starts. */
  #countedBelow: number | null = null;
  #progressedMs: number;

  /**
   * @param clock monotonic, ms
   * @param look asks the log where it ends, and calls `looked`; resolves without it if the log does not answer
   */
  constructor(partition: number, clock: () => number, look: () => Promise<void>) {
    this.partition = partition;
    this.#clock = clock;
    this.#look = look;
    this.#progressedMs = clock();
  }

  /**
   * A task starts at `from`; what is below `committed` was committed by an earlier one. Reading events again to rebuild
   * state is progress, but only once: a task that fails again and again while it rebuilds makes none.
   * @returns the offset below which every event is counted; below `committed` if the answer of a commit was lost
   */
  restored(from: number, committed: number): number {
    // The group's position never moves back, unless the log is another one: nothing of that has been counted.
    const isOther = committed < (this.committed ?? 0);
    this.committed = committed;
    if (isOther) this.#reached = Number.NEGATIVE_INFINITY;
    const countedBelow = isOther ? committed : (this.#countedBelow ?? committed);
    this.#countedBelow = countedBelow;
    if (!this.#isRewound && from < this.#reached) {
      this.#isRewound = true;
      this.#reached = from;
    }
    return countedBelow;
  }

  /** Events below are processed. It counts while they are read again: new events count when they are committed. */
  processed(offset: number): void {
    if (this.committed !== null && offset <= this.committed) this.#advance(offset);
  }

  /** Everything below is processed and committed. */
  committedTo(offset: number): void {
    if (this.committed === null || offset > this.committed) {
      this.committed = offset;
      this.#isRewound = false;
    }
    this.#advance(offset);
  }

  /** What a committed epoch before `offset` had. */
  counted(offset: number, events: number, deadLetters: number): void {
    this.#countedBelow = Math.max(this.#countedBelow ?? 0, offset);
    if (deadLetters < events) this.deadLettersInARow = 0;
    else this.deadLettersInARow += events;
  }

  #advance(offset: number): void {
    if (offset <= this.#reached) return;
    this.#reached = offset;
    this.#progressedMs = this.#clock();
    this.failure = null;
  }

  failed(error: Error): void {
    this.failure = error;
    this.phase = 'waiting to restart';
  }

  /** The log has said where it ends. @param askedMs when it was asked, by the clock */
  looked({ end, readable }: LogEnd, askedMs: number): void {
    this.end = end;
    this.openFrom = end > readable ? readable : null;
    this.#askedMs = askedMs;
  }

  /**
   * Whether the log ends at `offset`, as it has just said: what the last fetch knew may be long past, if the next one hangs or
   * this process stood still. False if the log does not answer.
   * @param ageMsMax of the answer
   */
  async isAtEnd(offset: number, ageMsMax: number): Promise<boolean> {
    const isOld = (): boolean => this.#clock() - this.#askedMs > ageMsMax;
    if (isOld()) await this.#look();
    return !isOld() && this.end !== null && this.end <= offset;
  }

  /** The log has no event that is not committed. */
  caughtUp(): void {
    this.#progressedMs = this.#clock();
  }

  /** Since the last progress, or since there was nothing to do. */
  get idleMs(): number {
    return this.#clock() - this.#progressedMs;
  }

  /** Offsets of the log that are not committed; null while the end or the position is unknown. */
  get lag(): number | null {
    return this.end === null || this.committed === null ? null : Math.max(0, this.end - this.committed);
  }

  /** Whether all that waits is behind an open transaction: nothing of it can be read. */
  get #isBlocked(): boolean {
    const { lag, committed, openFrom } = this;
    return lag !== null && lag > 0 && openFrom !== null && (committed ?? 0) >= openFrom;
  }

  /** For an operator: `no progress for 75 s while committing an epoch; 12 events wait from offset 40; ...`. */
  get reason(): string {
    const { lag, committed, failure } = this;
    const waiting = lag === null || committed === null ? '' : `; ${lag} events wait from offset ${committed}`;
    const blocked = this.#isBlocked ? ', behind a transaction that its producer has not ended' : '';
    const last = failure === null ? '' : `; last failure: ${describe(failure)}`;
    return `no progress for ${Math.round(this.idleMs / 1_000)} s while ${this.phase}${waiting}${blocked}${last}`;
  }
}

function describe(error: Error): string {
  return error instanceof MillraceError ? `${error.code}: ${error.message}` : messageOf(error);
}
