// How clients that resume share the process (control path): so many at a time, and blocks for a slice of time per turn of the
// event loop, so that the engine and the other clients go on meanwhile.
import { RESUME_SLICE_MS, RESUMES_MAX } from '../../core/limits.ts';

export class ResumeQueue {
  #free: number;
  readonly #waiting: Array<() => void> = [];
  readonly #nowMs: () => number;
  #turn: Promise<void> = Promise.resolve();
  #sliceEndMs = 0;

  /** @param nowMs monotonic time, ms */
  constructor(resumesMax: number = RESUMES_MAX, nowMs: () => number = () => performance.now()) {
    this.#free = resumesMax;
    this.#nowMs = nowMs;
  }

  /** Runs `resume` once a place is free, in the order of calls; not at all for a client that is gone by then. */
  async run(gone: AbortSignal, resume: () => Promise<void>): Promise<void> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      if (!gone.aborted) await resume();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }

  /**
   * Resolves when it is the caller's turn to send a block: at once while the slice lasts, else in the next turn of the event
   * loop. By time, as the blocks of a slow stream have a few rows and those of a fast one thousands.
   */
  turn(): Promise<void> {
    this.#turn = this.#turn.then(() => (this.#nowMs() < this.#sliceEndMs ? undefined : this.#nextSlice()));
    return this.#turn;
  }

  async #nextSlice(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.#sliceEndMs = this.#nowMs() + RESUME_SLICE_MS;
  }
}
