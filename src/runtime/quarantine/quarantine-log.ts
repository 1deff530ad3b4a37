// Log lines about quarantined records (control path): one a record, until a topic has had many within the interval; then
// their number alone.
import { QUARANTINE_LOG_LINES_MAX, QUARANTINE_LOG_MS } from '../../core/dead-letter-limits.ts';
import type { QuarantinedRecord } from '../../ports/quarantine.ts';
import type { Telemetry } from '../../ports/telemetry.ts';

interface Interval {
  startMs: number;
  lines: number;
  /** Records without a line of their own. */
  more: number;
}

/** Files have one interval together. */
const FILES = 'files';

export class QuarantineLog {
  readonly #telemetry: Pick<Telemetry, 'warn'>;
  readonly #clock: () => number;
  readonly #intervals = new Map<string, Interval>();

  /** @param clock monotonic, ms */
  constructor(telemetry: Pick<Telemetry, 'warn'>, clock: () => number) {
    this.#telemetry = telemetry;
    this.#clock = clock;
  }

  add({ topic, partition, offset, reason, detail }: Omit<QuarantinedRecord, 'value'>): void {
    const interval = this.#interval(partition === null ? FILES : topic);
    if (interval.lines >= QUARANTINE_LOG_LINES_MAX) {
      interval.more += 1;
      return;
    }
    interval.lines += 1;
    const place = partition === null ? { file: topic } : { topic, partition, offset };
    const what = partition === null ? 'a file is left out' : 'a record is quarantined: reading goes on';
    this.#telemetry.warn(what, { ...place, reason, why: detail });
  }

  #interval(name: string): Interval {
    const nowMs = this.#clock();
    const interval = this.#intervals.get(name) ?? { startMs: nowMs, lines: 0, more: 0 };
    this.#intervals.set(name, interval);
    if (nowMs - interval.startMs < QUARANTINE_LOG_MS) return interval;
    this.#logMore(name, interval);
    return Object.assign(interval, { startMs: nowMs, lines: 0, more: 0 });
  }

  #logMore(name: string, { more }: Interval): void {
    if (more > 0) this.#telemetry.warn('more records were quarantined', { topic: name, count: more });
  }

  /** Logs the rest. */
  close(): void {
    for (const [name, interval] of this.#intervals) this.#logMore(name, interval);
    this.#intervals.clear();
  }
}
