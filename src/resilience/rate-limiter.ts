// Requests per second of each caller (control path): a token bucket for each key, at most so many keys.
import { RATE_KEYS_MAX } from '../core/port-limits.ts';

interface Bucket {
  tokens: number;
  filledMs: number;
}

export interface RateLimiterOptions {
  /** Tokens that a key gets per second. */
  readonly perSecond: number;
  /** Tokens that it may have saved: those of a second by default. */
  readonly burst?: number;
  readonly keysMax?: number;
  /** Monotonic time, ms. */
  readonly nowMs?: () => number;
}

export class RateLimiter {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #keysMax: number;
  readonly #nowMs: () => number;
  /** The least recently used first. */
  readonly #buckets = new Map<string, Bucket>();

  constructor({ perSecond, burst = perSecond, keysMax = RATE_KEYS_MAX, nowMs }: RateLimiterOptions) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#keysMax = keysMax;
    this.#nowMs = nowMs ?? (() => performance.now());
  }

  /** Takes a token. 0 if there was one, else the seconds until there is, rounded up. */
  take(key: string): number {
    const nowMs = this.#nowMs();
    const bucket = this.#buckets.get(key) ?? { tokens: this.#burst, filledMs: nowMs };
    const filled = bucket.tokens + ((nowMs - bucket.filledMs) / 1_000) * this.#perSecond;
    bucket.tokens = Math.min(this.#burst, filled);
    bucket.filledMs = nowMs;
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    if (this.#buckets.size > this.#keysMax) this.#forgetOldest();
    if (bucket.tokens < 1) return Math.ceil((1 - bucket.tokens) / this.#perSecond);
    bucket.tokens -= 1;
    return 0;
  }

  /** A key that comes back has a full bucket, which it would have anyway unless there are very many others. */
  #forgetOldest(): void {
    for (const key of this.#buckets.keys()) {
      this.#buckets.delete(key);
      return;
    }
  }
}
