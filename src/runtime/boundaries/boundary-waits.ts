// Partitions that wait at a control boundary until it is decided (control path). A wait that lasts is logged, since it
// looks like a hang: a topology of the fleet may not be running.
import { instantText } from '../../core/time.ts';
import type { Telemetry } from '../../ports/telemetry.ts';

interface Waiter {
  readonly atMs: number;
  readonly resolve: (isDecided: boolean) => void;
}

export class BoundaryWaits {
  readonly #behind: (atMs: number) => readonly string[];
  readonly #telemetry: Telemetry;
  readonly #logEveryMs: number;
  #waiters: Waiter[] = [];
  #decidedMs = Number.NEGATIVE_INFINITY;
  #logTimer: NodeJS.Timeout | undefined;
  #isClosed = false;

  /**
   * @param behind names of the partitions that have not reached a boundary
   * @param logEveryMs interval at which a boundary that is still undecided is logged
   */
  constructor(behind: (atMs: number) => readonly string[], telemetry: Telemetry, logEveryMs: number) {
    this.#behind = behind;
    this.#telemetry = telemetry;
    this.#logEveryMs = logEveryMs;
  }

  /** Resolves when the boundary is decided; with false if it is not, because the engine stops. */
  until(atMs: number): Promise<boolean> {
    if (atMs <= this.#decidedMs) return Promise.resolve(true);
    if (this.#isClosed) return Promise.resolve(false);
    this.#logTimer ??= this.#startLogging();
    return new Promise((resolve) => {
      this.#waiters.push({ atMs, resolve });
    });
  }

  /** No effect once it is closed: a decision that the stop has cut short is none. */
  decided(atMs: number): void {
    if (this.#isClosed) return;
    this.#decidedMs = Math.max(this.#decidedMs, atMs);
    const waiting = this.#waiters;
    this.#waiters = waiting.filter((waiter) => waiter.atMs > this.#decidedMs);
    if (this.#waiters.length === 0) {
      clearInterval(this.#logTimer);
      this.#logTimer = undefined;
    }
    for (const waiter of waiting) if (waiter.atMs <= this.#decidedMs) waiter.resolve(true);
  }

  /** Releases everything that waits: nothing is decided any more. */
  close(): void {
    this.#isClosed = true;
    clearInterval(this.#logTimer);
    for (const waiter of this.#waiters.splice(0)) waiter.resolve(false);
  }

  #startLogging(): NodeJS.Timeout {
    let before = Number.NaN;
    const check = (): void => {
      const next = Math.min(...this.#waiters.map(({ atMs }) => atMs));
      if (next === before) this.#log(next);
      before = next;
    };
    return setInterval(check, this.#logEveryMs).unref();
  }

  #log(atMs: number): void {
    this.#telemetry.warn('partitions wait at a control boundary', {
      boundary: instantText(atMs),
      for: this.#behind(atMs).join(', '),
      remedy:
        'All topologies that wait for each other must run: start the one that reads these partitions, or find out why it makes no progress.',
    });
  }
}
