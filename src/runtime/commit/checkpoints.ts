// Writes the state of committed epochs to the store (control path). An epoch is committed in the log immediately; its state
// is written later, several epochs together, and never before the sinks have stored the rows that a restart would not
// compute again. So the state offset never exceeds the group offset, or the offset up to which each after-commit sink has
// stored rows: a restart recomputes what lies between.
import { isCode, messageOf } from '../../core/errors.ts';
import { StateLost } from '../../core/lost-state.ts';
import type { StateDelta } from '../../core/state-delta.ts';
import type { Checkpoint, StateStore } from '../../ports/state-store.ts';
import type { StateDamage } from '../recovery/state-damage.ts';
import { DeltaBuffer } from './delta-buffer.ts';

type At = Omit<Checkpoint, 'stages' | 'lost'>;

interface Waiting {
  at: At;
  readonly changes: DeltaBuffer;
}

export interface CheckpointParts {
  readonly store: StateStore;
  readonly damage: StateDamage;
  /** Resolves when every after-commit sink has stored the rows that it received. */
  readonly flushSinks: () => Promise<void>;
  /** Time between two checkpoints, ms; 0: each epoch waits for its own. */
  readonly intervalMs: number;
  /** Time without a checkpoint after which the store is checked, ms. */
  readonly checkMs: number;
  /** Called when a checkpoint is rejected: the task must restart. */
  readonly failed: (error: Error) => void;
}

export class Checkpoints implements StateReads {
  readonly #parts: CheckpointParts;
  #waiting: Waiting | null = null;
  /** The changes of the epoch that is being committed in the log: the next epoch is computed from them already. */
  #staged: StateDelta | null = null;
  /** The same changes for reads; created by the first read. */
  #stagedChanges: DeltaBuffer | null = null;
  /** The checkpoint that waits for the sinks and is not in the store yet. */
  #flushing: Waiting | null = null;
  /** The write that is in progress: it takes effect in the store at an unknown instant. */
  #committing: Promise<void> | null = null;
  /** Number of writes started. */
  #commits = 0;
  #running: Promise<void> = Promise.resolve();
  #lastMs = performance.now();
  /** When the store was last checked or written. */
  #seenMs = this.#lastMs;
  #isClosed = false;

  constructor(parts: CheckpointParts) {
    this.#parts = parts;
  }

  /** State as of the last epoch, from memory or from the store. A slow or unavailable sink does not delay it. */
  async get(keys: readonly string[]): Promise<ReadonlyArray<Uint8Array | null>> {
    for (;;) {
      await this.#committing?.catch(() => undefined);
      const commits = this.#commits;
      const { store, damage } = this.#parts;
      const stored = await damage.request(store, () => store.get(keys));
      // An append that the store already contains must not be applied a second time.
      if (commits !== this.#commits) continue;
      const pending = [this.#flushing, this.#waiting].flatMap((waiting) => waiting?.changes ?? []);
      if (this.#staged !== null) pending.push((this.#stagedChanges ??= bufferOf(this.#staged)));
      return keys.map((key, i) =>
        pending.reduce((state, changes) => changes.apply(key, state), stored[i] ?? null),
      );
    }
  }

  /** What the store has for a key cannot be used: the stage refuses it. Throws, unless the key may start empty. */
  damaged(key: string, error: unknown): Promise<void> {
    const { store, damage } = this.#parts;
    const why = `a stage cannot use its state (${messageOf(error)})`;
    return damage.lost(store, new StateLost([key], why, 'the state store', error));
  }

  /** Takes the changes of an epoch that is being committed in the log; one epoch at a time. */
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
   * To be called regularly, even while no epoch ends, so that the state of the last events before a pause is written as
   * soon as any other, and a store that has been emptied is detected.
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

  /** An unavailable store does not fail a task that does not need it. */
  async #check(): Promise<void> {
    try {
      await this.#parts.store.check();
    } catch (error) {
      if (!isCode(error, 'STORE_UNAVAILABLE')) throw error;
    }
  }

  /** Resolves when the store has everything; throws the error of a failed write. */
  async drain(): Promise<void> {
    await this.#running;
    if (this.#waiting === null) return;
    const writing = this.#write();
    this.#running = writing.catch(() => undefined);
    await writing;
  }

  /** The task has ended: no further write is started, because the next task starts from what is in the store. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#committing?.catch(() => undefined);
  }

  #commit({ at, changes }: Waiting): Promise<void> {
    const { store, damage } = this.#parts;
    return damage.request(store, () => store.commit(at, changes.toDelta()));
  }

  async #write(): Promise<void> {
    const checkpoint = this.#waiting;
    if (checkpoint === null) return;
    this.#waiting = null;
    this.#flushing = checkpoint;
    this.#lastMs = this.#seenMs = performance.now();
    try {
      await this.#parts.flushSinks();
      if (this.#isClosed) return;
      this.#commits += 1;
      this.#committing = this.#commit(checkpoint);
      await this.#committing;
    } finally {
      this.#flushing = null;
      this.#committing = null;
    }
  }
}

/** Reads of state, for a pipeline. */
export interface StateReads extends Pick<StateStore, 'get'> {
  /** Called for state that its stage refuses; left out, the error of the stage is thrown. */
  damaged?(key: string, error: unknown): Promise<void>;
}

function bufferOf(delta: StateDelta): DeltaBuffer {
  const buffer = new DeltaBuffer();
  buffer.add(delta);
  return buffer;
}
