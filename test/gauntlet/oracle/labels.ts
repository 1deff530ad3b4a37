// Which label joins which prediction.

interface Waiting {
  readonly offset: number;
  readonly timeMs: number;
}

export interface Joined {
  readonly predictionOffset: number;
  readonly label: number;
  /** Whether the time-out may have passed already: the watermark had reached it. */
  readonly maybe: boolean;
}

/** A label that came before its prediction. */
interface Early {
  readonly label: number;
  readonly timeMs: number;
  /** Whether it may have been taken as the label of a prediction whose time-out had passed. */
  readonly maybe: boolean;
}

/** Event time for which a label waits by default. */
const EARLY_MS = 3_600_000;

export class LabelOracle {
  readonly #timeoutMs: number;
  readonly #waiting = new Map<string, Waiting>();
  readonly #early = new Map<string, Early>();
  readonly joined: Joined[] = [];

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  predicted(key: string, offset: number, timeMs: number, watermarkMs: number): void {
    const early = this.#early.get(key);
    this.#early.delete(key);
    const isThere = early !== undefined && early.timeMs + EARLY_MS >= watermarkMs;
    if (isThere) this.#join(early.label, early.timeMs, { offset, timeMs }, early.maybe);
    if (!isThere || early.maybe) this.#waiting.set(key, { offset, timeMs });
  }

  /** @param label NaN for an event that says that none will come */
  arrived(key: string, label: number, timeMs: number, watermarkMs: number): void {
    const waiting = this.#waiting.get(key);
    this.#waiting.delete(key);
    const maybe = waiting !== undefined && watermarkMs >= waiting.timeMs + this.#timeoutMs;
    if (waiting !== undefined) this.#join(label, timeMs, waiting, maybe);
    const isLate = waiting !== undefined && timeMs > waiting.timeMs + this.#timeoutMs;
    if ((waiting === undefined || maybe || isLate) && !this.#isHeld(key, watermarkMs))
      this.#early.set(key, { label, timeMs, maybe });
  }

  #isHeld(key: string, watermarkMs: number): boolean {
    const early = this.#early.get(key);
    return early !== undefined && early.timeMs + EARLY_MS >= watermarkMs;
  }

  #join(label: number, timeMs: number, waiting: Waiting, maybe: boolean): void {
    if (Number.isNaN(label) || timeMs > waiting.timeMs + this.#timeoutMs) return;
    this.joined.push({ predictionOffset: waiting.offset, label, maybe });
  }
}
