// The watermark of one partition (hot path): the highest event time met so far, in offset order, so that it depends
// on the events alone and not on how they were batched.

export class WatermarkTracker {
  readonly #allowedLatenessMs: number;
  #timeMs: number;

  constructor(allowedLatenessMs: number, startMs: number = Number.NEGATIVE_INFINITY) {
    this.#allowedLatenessMs = allowedLatenessMs;
    this.#timeMs = startMs;
  }

  get timeMs(): number {
    return this.#timeMs;
  }

  /** Advances with one event; false if it is late: event time + allowed lateness < watermark. */
  admit(eventTimeMs: number): boolean {
    if (eventTimeMs > this.#timeMs) {
      this.#timeMs = eventTimeMs;
      return true;
    }
    return eventTimeMs + this.#allowedLatenessMs >= this.#timeMs;
  }

  /** Advances the watermark without an event (an idle source, a restored checkpoint); it never moves back. */
  advance(timeMs: number): void {
    if (timeMs > this.#timeMs) this.#timeMs = timeMs;
  }
}
