// When a partition that brings nothing counts as idle, and how event time goes on then (control path).
import { IDLE_AFTER_MS } from '../../core/limits.ts';

/** Between two steps of an idle source's watermark, ms of the clock. */
const TICK_MS = 1_000;

export class Idleness {
  readonly #declaredMs: number | null;
  readonly #clock: () => number;
  #lastInputMs: number;
  #lastWatermarkMs = Number.NEGATIVE_INFINITY;
  /** Idle time at which the watermark next moves on. */
  #nextTickMs = 0;

  /**
   * @param declaredMs time without an event after which event time goes on with the clock; null where it never does
   * @param clock milliseconds that only grow
   */
  constructor(declaredMs: number | null, clock: () => number) {
    this.#declaredMs = declaredMs;
    this.#clock = clock;
    this.#lastInputMs = clock();
  }

  /** Events have come. */
  interrupt(): void {
    this.#lastInputMs = this.#clock();
    this.#nextTickMs = 0;
  }

  /** The watermark that events, or a restore, have left. */
  since(watermarkMs: number): void {
    this.#lastWatermarkMs = watermarkMs;
  }

  /** Whether nothing has come for long enough; at once where the source has ended. */
  isDue(sourceEnded: boolean): boolean {
    return this.#idleMs() >= (sourceEnded ? 0 : (this.#declaredMs ?? IDLE_AFTER_MS));
  }

  /** Event time as the clock has moved it on since the source fell idle; null where it stays. */
  tick(): number | null {
    const idleMs = this.#idleMs();
    if (this.#declaredMs === null || idleMs < this.#nextTickMs || !Number.isFinite(this.#lastWatermarkMs))
      return null;
    this.#nextTickMs = idleMs + TICK_MS;
    return this.#lastWatermarkMs + idleMs - this.#declaredMs;
  }

  #idleMs(): number {
    return this.#clock() - this.#lastInputMs;
  }
}
