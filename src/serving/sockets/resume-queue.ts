// How clients that resume share the process (control path): so many at a time, and one block of one client per turn of the
// event loop, so that the engine and the other clients go on meanwhile.
import { RESUMES_MAX } from '../../core/limits.ts';

export class ResumeQueue {
  #free: number;
  readonly #waiting: Array<() => void> = [];
  #turn: Promise<void> = Promise.resolve();

  constructor(resumesMax: number = RESUMES_MAX) {
    this.#free = resumesMax;
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

  /** Resolves when it is the caller's turn: callers are one turn of the event loop apart. */
  turn(): Promise<void> {
    this.#turn = this.#turn.then(() => new Promise((resolve) => setImmediate(resolve)));
    return this.#turn;
  }
}
