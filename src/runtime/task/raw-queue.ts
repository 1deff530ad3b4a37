// Raw batches between the log and a task (hot path, once a fetch): bounded by rows and bytes; a bound pauses the
// partition.
import type { Subscription } from 'rxjs';
import type { RawBatch } from '../../core/batch.ts';
import { TASK_QUEUE_BYTES_MAX, TASK_QUEUE_ROWS_MAX } from '../../core/task-limits.ts';
import type { RawSource } from '../recovery/replayed-source.ts';

export class RawQueue {
  readonly #queue: RawBatch[] = [];
  #rows = 0;
  #bytes = 0;
  #paused = false;
  #ended = false;
  #error: Error | null = null;
  #wake: (() => void) | null = null;
  #source: RawSource | null = null;
  #subscription: Subscription | null = null;

  open(source: RawSource): void {
    this.#source = source;
    this.#subscription = source.fetches.subscribe({
      next: (raw) => {
        this.#queue.push(raw);
        this.#rows += raw.count;
        this.#bytes += raw.values.bytes.length;
        const isFull = this.#rows >= TASK_QUEUE_ROWS_MAX || this.#bytes >= TASK_QUEUE_BYTES_MAX;
        if (!this.#paused && isFull) {
          this.#paused = true;
          source.pause();
        }
        this.#wakeUp();
      },
      error: (error: Error) => {
        this.#error = error;
        this.#wakeUp();
      },
      complete: () => {
        this.#ended = true;
        this.#wakeUp();
      },
    });
  }

  #wakeUp(): void {
    this.#wake?.();
    this.#wake = null;
  }

  /** True when the queue is empty and nothing more will come. */
  get drained(): boolean {
    return this.#ended && this.#queue.length === 0;
  }

  /** Whether there is no fetch to take at present. */
  get isEmpty(): boolean {
    return this.#queue.length === 0;
  }

  /** The next fetch; undefined if none came within `waitMs` or the source has ended. Throws the source's error. */
  async next(waitMs: number): Promise<RawBatch | undefined> {
    if (this.#queue.length === 0 && !this.#ended && this.#error === null) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, waitMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    if (this.#error !== null) throw this.#error;
    const raw = this.#queue.shift();
    if (raw === undefined) return undefined;
    this.#rows -= raw.count;
    this.#bytes -= raw.values.bytes.length;
    if (this.#paused && this.#rows < TASK_QUEUE_ROWS_MAX / 2 && this.#bytes < TASK_QUEUE_BYTES_MAX / 2) {
      this.#paused = false;
      this.#source?.resume();
    }
    return raw;
  }

  /** Ends a wait in `next` at once. */
  interrupt(): void {
    this.#wakeUp();
  }

  close(): void {
    this.#subscription?.unsubscribe();
    this.#queue.length = 0;
  }
}
