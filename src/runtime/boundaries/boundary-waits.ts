// Partitions that wait at a control boundary until it is decided (control path). One that is waited for in vain, as a
// topology of the fleet does not run, is told: from outside the wait looks like a hang.
import type { Telemetry } from '../../ports/telemetry.ts';

interface Waiter {
  readonly atMs: number;
  readonly resolve: () => void;
}

export class BoundaryWaits {
  readonly #behind: (atMs: number) => readonly string[];
  readonly #telemetry: Telemetry;
  readonly #tellEveryMs: number;
  #waiters: Waiter[] = [];
  #decidedMs = Number.NEGATIVE_INFINITY;
  #teller: NodeJS.Timeout | undefined;

  /**
   * @param behind names of the partitions that have not reached a boundary
   * @param tellEveryMs a boundary that is waited for longer is told, and again
   */
  constructor(behind: (atMs: number) => readonly string[], telemetry: Telemetry, tellEveryMs: number) {
    this.#behind = behind;
    this.#telemetry = telemetry;
    this.#tellEveryMs = tellEveryMs;
  }

  /** Resolves when the boundary is decided. */
  until(atMs: number): Promise<void> {
    if (atMs <= this.#decidedMs) return Promise.resolve();
    this.#teller ??= this.#startTelling();
    return new Promise((resolve) => {
      this.#waiters.push({ atMs, resolve });
    });
  }

  decided(atMs: number): void {
    this.#decidedMs = Math.max(this.#decidedMs, atMs);
    const waiting = this.#waiters;
    this.#waiters = waiting.filter((waiter) => waiter.atMs > this.#decidedMs);
    if (this.#waiters.length === 0) {
      clearInterval(this.#teller);
      this.#teller = undefined;
    }
    for (const waiter of waiting) if (waiter.atMs <= this.#decidedMs) waiter.resolve();
  }

  #startTelling(): NodeJS.Timeout {
    let before = Number.NaN;
    const tell = (): void => {
      const next = Math.min(...this.#waiters.map(({ atMs }) => atMs));
      if (next === before) this.#tell(next);
      before = next;
    };
    return setInterval(tell, this.#tellEveryMs).unref();
  }

  #tell(atMs: number): void {
    this.#telemetry.warn('a control boundary is waited for', {
      boundary: new Date(atMs).toISOString(),
      for: this.#behind(atMs).join(', '),
      remedy:
        'All topologies that wait for each other must run: start the one that reads these partitions, or see why it stands still.',
    });
  }
}
