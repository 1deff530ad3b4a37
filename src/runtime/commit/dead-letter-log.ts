// Log lines about dead letters of one engine (control path): for each code at most one line in an interval, with the
// number of events since the line before and the position of one of them.
import type { ErrorCode } from '../../core/errors.ts';
import { DEAD_LETTER_LOG_MS } from '../../core/dead-letter-limits.ts';
import type { Telemetry } from '../../ports/telemetry.ts';

/** Dead letters of one code. */
export interface LetterCount {
  readonly code: ErrorCode;
  count: number;
  /** `topic-partition-offset` of one of them. */
  readonly example: string;
  /** Why that one was set aside. */
  readonly message: string;
}

interface Pending {
  letters: LetterCount | null;
  loggedMs: number;
}

export class DeadLetterLog {
  readonly #telemetry: Pick<Telemetry, 'warn'>;
  readonly #topic: string;
  readonly #clock: () => number;
  readonly #byCode = new Map<ErrorCode, Pending>();
  #timer: NodeJS.Timeout | null = null;

  /** @param topic of the dead letters @param clock monotonic, ms */
  constructor(telemetry: Pick<Telemetry, 'warn'>, topic: string, clock: () => number) {
    this.#telemetry = telemetry;
    this.#topic = topic;
    this.#clock = clock;
  }

  /** Dead letters of an epoch that is committed. */
  add(letters: LetterCount): void {
    const pending = this.#byCode.get(letters.code) ?? { letters: null, loggedMs: Number.NEGATIVE_INFINITY };
    this.#byCode.set(letters.code, pending);
    const before = pending.letters;
    pending.letters = before === null ? letters : { ...before, count: before.count + letters.count };
    this.#logDue(DEAD_LETTER_LOG_MS);
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#logDue(DEAD_LETTER_LOG_MS);
    }, DEAD_LETTER_LOG_MS).unref();
  }

  #logDue(intervalMs: number): void {
    const nowMs = this.#clock();
    for (const pending of this.#byCode.values()) {
      const { letters, loggedMs } = pending;
      if (letters === null || nowMs - loggedMs < intervalMs) continue;
      pending.letters = null;
      pending.loggedMs = nowMs;
      const { code, count, example, message } = letters;
      this.#telemetry.warn('events were set aside as dead letters', {
        code,
        count,
        example,
        why: message,
        topic: this.#topic,
      });
    }
  }

  /** Logs the rest. */
  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#logDue(0);
  }
}
