// Sends events as far apart as their event times are, or that many times faster (control path).

/** Events that are due within this are sent together, ms. */
const TOGETHER_MS = 50;

export class Pace {
  readonly #speed: number;
  readonly #clock: () => number;
  #startedMs = 0;
  #firstMs = Number.NaN;

  /**
   * @param speed event time over clock time: 60 is an hour a minute
   * @param clock ms
   */
  constructor(speed: number, clock: () => number) {
    this.#speed = speed;
    this.#clock = clock;
  }

  /** Milliseconds until an event of this time is due: 0 for one that is, or whose time goes back. */
  waitMs(eventTimeMs: number): number {
    if (Number.isNaN(this.#firstMs)) {
      this.#firstMs = eventTimeMs;
      this.#startedMs = this.#clock();
    }
    const waitMs = this.#startedMs + (eventTimeMs - this.#firstMs) / this.#speed - this.#clock();
    return waitMs > TOGETHER_MS ? waitMs : 0;
  }
}
