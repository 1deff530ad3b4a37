// Waiting for a table to be read up to its end (control path).
import type { Telemetry } from '../../ports/telemetry.ts';

interface Waiter {
  readonly sinceMs: number;
  readonly end: () => void;
}

export class TableWaits {
  readonly #waitMs: number;
  readonly #telemetry: Telemetry;
  readonly #labels: Readonly<Record<string, string>>;
  readonly #waiters = new Set<Waiter>();
  /** Everything that the origin had then is read; performance.now(). */
  #reachedMs = Number.NEGATIVE_INFINITY;
  /** A batch has waited for too long: others do not until the origin can be read again. */
  #isGivenUp = false;
  #wake: () => void = () => undefined;
  #isClosed = false;

  /** @param waitMs for a batch */
  constructor(waitMs: number, telemetry: Telemetry, labels: Readonly<Record<string, string>>) {
    this.#waitMs = waitMs;
    this.#telemetry = telemetry;
    this.#labels = labels;
  }

  get isWaiting(): boolean {
    return this.#waiters.size > 0;
  }

  /** Everything is read that the origin had at `sinceMs`. */
  reached(sinceMs: number): void {
    this.#reachedMs = sinceMs;
    this.#isGivenUp = false;
    for (const waiter of this.#waiters) if (waiter.sinceMs <= sinceMs) waiter.end();
  }

  /** Resolves after `ms`, or once something is waited for. */
  async asked(ms: number): Promise<void> {
    if (this.#isClosed) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    const timer = setTimeout(resolve, ms).unref();
    await promise;
    clearTimeout(timer);
  }

  /** However long it takes; resolves at `close` as well. */
  until(sinceMs: number): Promise<void> {
    return sinceMs <= this.#reachedMs || this.#isClosed ? Promise.resolve() : this.#wait(sinceMs, null);
  }

  /** For as long as a batch may wait. */
  briefly(sinceMs: number): Promise<void> | undefined {
    if (sinceMs <= this.#reachedMs || this.#waitMs === 0 || this.#isGivenUp || this.#isClosed)
      return undefined;
    return this.#wait(sinceMs, this.#waitMs);
  }

  async #wait(sinceMs: number, boundMs: number | null): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiter = { sinceMs, end: resolve };
    this.#waiters.add(waiter);
    this.#wake();
    const startedMs = performance.now();
    const exceeded = (): void => {
      this.#isGivenUp = true;
      this.#telemetry.count('table_waits_exceeded_total', 1, this.#labels);
      resolve();
    };
    const timer = boundMs === null ? null : setTimeout(exceeded, boundMs);
    await promise;
    if (timer !== null) clearTimeout(timer);
    this.#waiters.delete(waiter);
    this.#telemetry.observe('table_wait_seconds', performance.now() - startedMs, this.#labels);
  }

  close(): void {
    this.#isClosed = true;
    this.#wake();
    for (const waiter of this.#waiters) waiter.end();
  }
}
