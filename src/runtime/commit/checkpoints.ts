// When the state follows the log (control path). An epoch is committed in the log at once; its state goes to the store
// a little later, several epochs together, and never before the sinks hold the rows that a restart would not compute
// again. So the state's offset is at most the group's, and at most what each sink after the commit holds: a restart
// recomputes what lies between.
import { isCode } from '../../core/errors.ts';
import type { StateDelta } from '../../core/state-delta.ts';
import type { Checkpoint, StateStore } from '../../ports/state-store.ts';
import { DeltaBuffer } from './delta-buffer.ts';

type At = Omit<Checkpoint, 'stages'>;

interface Waiting {
  at: At;
  readonly changes: DeltaBuffer;
}

export interface CheckpointParts {
  readonly store: StateStore;
  /** Resolves when every sink after the commit holds the rows that it got. */
  readonly flushSinks: () => Promise<void>;
  /** Between two checkpoints, ms; 0: each epoch waits for its own. */
  readonly intervalMs: number;
  /** Without one the store is looked at, ms. */
  readonly checkMs: number;
  /** A checkpoint was refused: the task must begin anew. */
  readonly failed: (error: Error) => void;
}

export class Checkpoints implements Pick<StateStore, 'get'> {
  readonly #parts: CheckpointParts;
  #waiting: Waiting | null = null;
  /** Of the epoch that is on its way to the log: what follows it is computed from it already. */
  #staged: StateDelta | null = null;
  /** The same, for reads: made when there is one. */
  #stagedChanges: DeltaBuffer | null = null;
  /** Waits for the sinks: not in the store yet. */
  #flushing: Waiting | null = null;
  /** Lands in the store at an instant that we do not know. */
  #committing: Promise<void> | null = null;
  /** Commits begun. */
  #commits = 0;
  #running: Promise<void> = Promise.resolve();
  #lastMs = performance.now();
  /** When the store was last looked at, or written. */
  #seenMs = this.#lastMs;
  #isClosed = false;

  constructor(parts: CheckpointParts) {
    this.#parts = parts;
  }

  /** State as of the last epoch, wherever it is. A sink that is slow or away does not hold it up. */
  async get(keys: readonly string[]): Promise<ReadonlyArray<Uint8Array | null>> {
    for (;;) {
      await this.#committing?.catch(() => undefined);
      const commits = this.#commits;
      const stored = await this.#parts.store.get(keys);
      // Laid over what it has become part of, an append would count twice.
      if (commits !== this.#commits) continue;
      const over = [this.#flushing, this.#waiting].flatMap((of) => of?.changes ?? []);
      if (this.#staged !== null) over.push((this.#stagedChanges ??= bufferOf(this.#staged)));
      return keys.map((key, i) =>
        over.reduce((below, changes) => changes.over(key, below), stored[i] ?? null),
      );
    }
  }

  /** Takes what an epoch has changed, which is on its way to the log; one at a time. */
  stage(delta: StateDelta): void {
    this.#staged = delta;
    this.#stagedChanges = null;
  }

  /** The staged epoch is committed in the log. */
  async add(at: At): Promise<void> {
    this.#waiting ??= { at, changes: new DeltaBuffer() };
    this.#waiting.at = at;
    if (this.#staged !== null) this.#waiting.changes.add(this.#staged);
    this.#staged = null;
    if (this.#parts.intervalMs === 0) return this.drain();
    this.#writeIfDue();
    return undefined;
  }

  /**
   * Now and then, also where no epoch ends: the last events before a silence go to the store as soon as any, and a store
   * that was emptied meanwhile is noticed.
   */
  tick(): void {
    this.#writeIfDue();
    if (this.#flushing !== null || performance.now() - this.#seenMs < this.#parts.checkMs) return;
    this.#seenMs = performance.now();
    this.#running = this.#check().catch((error: Error) => this.#parts.failed(error));
  }

  #writeIfDue(): void {
    const { intervalMs, failed } = this.#parts;
    if (this.#waiting === null || this.#flushing !== null || performance.now() - this.#lastMs < intervalMs)
      return;
    this.#running = this.#write().catch(failed);
  }

  /** A store that is away need not hold up who wants nothing of it. */
  async #check(): Promise<void> {
    try {
      await this.#parts.store.check();
    } catch (error) {
      if (!isCode(error, 'STORE_UNAVAILABLE')) throw error;
    }
  }

  /** Resolves when the store has everything; throws what refused it. */
  async drain(): Promise<void> {
    await this.#running;
    if (this.#waiting === null) return;
    const writing = this.#write();
    this.#running = writing.catch(() => undefined);
    await writing;
  }

  /** The task is over: what has not begun to go to the store never will, as the next task begins from what is there. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#committing?.catch(() => undefined);
  }

  async #write(): Promise<void> {
    const of = this.#waiting;
    if (of === null) return;
    this.#waiting = null;
    this.#flushing = of;
    this.#lastMs = this.#seenMs = performance.now();
    try {
      await this.#parts.flushSinks();
      if (this.#isClosed) return;
      this.#commits += 1;
      this.#committing = this.#parts.store.commit(of.at, of.changes.toDelta());
      await this.#committing;
    } finally {
      this.#flushing = null;
      this.#committing = null;
    }
  }
}

function bufferOf(delta: StateDelta): DeltaBuffer {
  const buffer = new DeltaBuffer();
  buffer.add(delta);
  return buffer;
}
