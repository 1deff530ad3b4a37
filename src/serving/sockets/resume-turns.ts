// How clients that resume share the process (control path): blocks for a slice of time per turn of the event loop, so that
// the engine and the other clients go on meanwhile.
import { RESUME_SLICE_MS } from '../../core/port-limits.ts';

export class ResumeTurns {
  readonly #nowMs: () => number;
  #turn: Promise<void> = Promise.resolve();
  #sliceEndMs = 0;

  /** @param nowMs monotonic time, ms */
  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  /**
   * Resolves when it is the caller's turn to send a block: at once while the slice lasts, else in the next turn of the event
   * loop. By time, as the blocks of a slow stream have a few rows and those of a fast one thousands.
   */
  next(): Promise<void> {
    this.#turn = this.#turn.then(() => (this.#nowMs() < this.#sliceEndMs ? undefined : this.#nextSlice()));
    return this.#turn;
  }

  async #nextSlice(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.#sliceEndMs = this.#nowMs() + RESUME_SLICE_MS;
  }
}
