// Slows down who sends wrong credentials (control path), by the address of the client.
import {
  FAILURE_ADDRESSES_MAX,
  FAILURE_FORGOTTEN_MS,
  FAILURE_WAIT_MS_MAX,
  FAILURE_WAIT_MS_MIN,
  FAILURES_FREE,
} from '../../core/port-limits.ts';
import { clientKey } from '../port/client-address.ts';

interface Failures {
  readonly count: number;
  readonly lastMs: number;
  /** Until when more of them are answered without a look. */
  readonly waitsUntilMs: number;
}

export class FailureThrottle {
  /** Least recent first: the oldest is forgotten where there are too many. */
  readonly #byClient = new Map<string, Failures>();
  readonly #nowMs: () => number;

  /** @param nowMs monotonic time, ms */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** How long the address has to wait, ms; 0 if it does not. */
  waitMs(address: string): number {
    const found = this.#byClient.get(clientKey(address));
    return found === undefined ? 0 : Math.max(0, found.waitsUntilMs - this.#nowMs());
  }

  /** Counts a wrong credential. What comes during a wait does not extend it: others may share the address. */
  failed(address: string): void {
    if (this.waitMs(address) > 0) return;
    const client = clientKey(address);
    const nowMs = this.#nowMs();
    const before = this.#byClient.get(client);
    const isRecent = before !== undefined && nowMs - before.lastMs < FAILURE_FORGOTTEN_MS;
    const count = (isRecent ? before.count : 0) + 1;
    const doublings = count - FAILURES_FREE - 1;
    const waitMs = doublings < 0 ? 0 : Math.min(FAILURE_WAIT_MS_MAX, FAILURE_WAIT_MS_MIN * 2 ** doublings);
    this.#byClient.delete(client);
    this.#byClient.set(client, { count, lastMs: nowMs, waitsUntilMs: nowMs + waitMs });
    if (this.#byClient.size <= FAILURE_ADDRESSES_MAX) return;
    const [oldest] = this.#byClient.keys();
    if (oldest !== undefined) this.#byClient.delete(oldest);
  }
}
