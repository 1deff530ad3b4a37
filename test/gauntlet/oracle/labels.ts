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

export class LabelOracle {
  readonly #timeoutMs: number;
  readonly #waiting = new Map<string, Waiting>();
  readonly joined: Joined[] = [];

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  predicted(key: string, offset: number, timeMs: number): void {
    this.#waiting.set(key, { offset, timeMs });
  }

  /** @param label NaN for an event that says that none will come */
  arrived(key: string, label: number, timeMs: number, watermarkMs: number): void {
    const waiting = this.#waiting.get(key);
    if (waiting === undefined) return;
    this.#waiting.delete(key);
    const dueMs = waiting.timeMs + this.#timeoutMs;
    if (Number.isNaN(label) || timeMs > dueMs) return;
    this.joined.push({ predictionOffset: waiting.offset, label, maybe: watermarkMs >= dueMs });
  }
}
