// Which label joins which prediction, and which waits for one that is still to come.

interface Waiting {
  readonly offset: number;
  readonly timeMs: number;
}

interface Early {
  readonly label: number;
  readonly timeMs: number;
}

export interface Joined {
  readonly predictionOffset: number;
  readonly label: number;
  /** Whether the time-out may have passed already: the watermark had reached it. */
  readonly maybe: boolean;
}

export class LabelOracle {
  readonly #timeoutMs: number;
  readonly #earlyMs: number;
  readonly #waiting = new Map<string, Waiting>();
  readonly #early = new Map<string, Early>();
  readonly joined: Joined[] = [];

  constructor(timeoutMs: number, earlyMs: number) {
    this.#timeoutMs = timeoutMs;
    this.#earlyMs = earlyMs;
  }

  predicted(key: string, offset: number, timeMs: number, watermarkMs: number): void {
    const early = this.#early.get(key);
    if (early === undefined || this.#isGivenUp(early, watermarkMs)) {
      this.#waiting.set(key, { offset, timeMs });
      return;
    }
    this.#early.delete(key);
    if (!Number.isNaN(early.label) && early.timeMs <= timeMs + this.#timeoutMs)
      this.joined.push({ predictionOffset: offset, label: early.label, maybe: false });
  }

  #isGivenUp({ timeMs }: Early, watermarkMs: number): boolean {
    return timeMs + this.#earlyMs < watermarkMs;
  }

  /** @param label NaN for an event that says that none will come */
  arrived(key: string, label: number, timeMs: number, watermarkMs: number): void {
    const waiting = this.#waiting.get(key);
    if (waiting === undefined) return this.#wait(key, { label, timeMs }, watermarkMs);
    this.#waiting.delete(key);
    const dueMs = waiting.timeMs + this.#timeoutMs;
    // Too late for this one, it may be early for another of the key.
    if (timeMs > dueMs) return this.#wait(key, { label, timeMs }, watermarkMs);
    if (Number.isNaN(label)) return;
    this.joined.push({ predictionOffset: waiting.offset, label, maybe: watermarkMs >= dueMs });
  }

  /** The first of a key counts. */
  #wait(key: string, early: Early, watermarkMs: number): void {
    if (this.#earlyMs === 0 || this.#isGivenUp(early, watermarkMs)) return;
    const known = this.#early.get(key);
    if (known === undefined || this.#isGivenUp(known, watermarkMs)) this.#early.set(key, early);
  }
}
