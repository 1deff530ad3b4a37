// Slows down who sends wrong credentials (control path), by the address of the client.
import { isIPv6 } from 'node:net';
import {
  FAILURE_ADDRESSES_MAX,
  FAILURE_FORGOTTEN_MS,
  FAILURE_WAIT_MS_MAX,
  FAILURE_WAIT_MS_MIN,
  FAILURES_FREE,
} from '../../core/limits.ts';

interface Failures {
  readonly count: number;
  readonly lastMs: number;
  /** Until when more of them are answered without a look. */
  readonly waitsUntilMs: number;
}

export class FailureThrottle {
  /** Least recent first: the oldest is forgotten where there are too many. */
  readonly #byAddress = new Map<string, Failures>();
  readonly #nowMs: () => number;

  /** @param nowMs monotonic time, ms */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** How long the address has to wait, ms; 0 if it does not. */
  waitMs(address: string): number {
    const found = this.#byAddress.get(networkOf(address));
    return found === undefined ? 0 : Math.max(0, found.waitsUntilMs - this.#nowMs());
  }

  /** Counts a wrong credential. What comes during a wait does not extend it: others may share the address. */
  failed(address: string): void {
    if (this.waitMs(address) > 0) return;
    const network = networkOf(address);
    const nowMs = this.#nowMs();
    const before = this.#byAddress.get(network);
    const isRecent = before !== undefined && nowMs - before.lastMs < FAILURE_FORGOTTEN_MS;
    const count = (isRecent ? before.count : 0) + 1;
    const doublings = count - FAILURES_FREE - 1;
    const waitMs = doublings < 0 ? 0 : Math.min(FAILURE_WAIT_MS_MAX, FAILURE_WAIT_MS_MIN * 2 ** doublings);
    this.#byAddress.delete(network);
    this.#byAddress.set(network, { count, lastMs: nowMs, waitsUntilMs: nowMs + waitMs });
    if (this.#byAddress.size <= FAILURE_ADDRESSES_MAX) return;
    const [oldest] = this.#byAddress.keys();
    if (oldest !== undefined) this.#byAddress.delete(oldest);
  }
}

/** An IPv6 client has a whole /64 network: its first four groups. */
function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.split('::', 2);
  const groups = head === '' ? [] : head.split(':');
  const missing = tail === undefined ? 0 : 8 - groups.length - (tail === '' ? 0 : tail.split(':').length);
  const whole = [
    ...groups,
    ...Array.from({ length: Math.max(0, missing) }, () => '0'),
    ...(tail ?? '').split(':'),
  ];
  return whole.slice(0, 4).join(':');
}
