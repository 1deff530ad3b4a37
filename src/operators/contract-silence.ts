// The condition of an expectation to which no event comes any more (once a batch, and once a second while nothing comes): the
// windows of event time do not show it before the next event.
import type { Batch } from '../core/batch.ts';
import { formatDuration } from '../core/time.ts';
import type { Silence } from './contract-rule.ts';
import type { StageContext } from './stage.ts';

/** Of one partition. It decides nothing that is computed from events. */
export class RuleSilence {
  readonly #silence: Silence;
  readonly #telemetry: StageContext['telemetry'];
  readonly #where: string;
  /** How far the events of the partition are ahead of those that the rule counts, event time, ms. */
  #behindMs = 0;
  #isRaised = false;

  /** @param rule names it within the stage */
  constructor(rule: string, silence: Silence, { telemetry, topology, stage, origin }: StageContext) {
    this.#silence = silence;
    this.#telemetry = telemetry;
    this.#where = `${topology} ${stage} ${rule} ${origin.topic}-${origin.partition}`;
  }

  /** The rule has counted what it counts of a batch. @param refused rows that it never saw, or has set aside itself */
  checked({ rows, eventTimeMs }: Batch, refused: ReadonlySet<number>): void {
    let last = rows.length - 1;
    while (last >= 0 && refused.has(rows[last] as number)) last -= 1;
    const newest = rows[last];
    if (newest === undefined) return;
    const behindMs = (eventTimeMs[newest] as number) - this.#silence.newestMs();
    this.#behindMs = Number.isFinite(behindMs) ? Math.max(0, behindMs) : 0;
    this.silent(0);
  }

  /** Nothing has come to the partition for this long, by the clock. */
  silent(elapsedMs: number): void {
    const silentMs = this.#behindMs + elapsedMs;
    if (!Number.isFinite(this.#silence.newestMs()) || silentMs < this.#silence.afterMs) return this.close();
    this.#isRaised = true;
    // In whole seconds: a reason that changes all the time would be another line of the log each time.
    const reason = `no event for more than ${formatDuration(this.#silence.afterMs)}`;
    this.#telemetry.raise('partition_silent', this.#where, reason);
  }

  close(): void {
    if (this.#isRaised) this.#telemetry.clear('partition_silent', this.#where);
    this.#isRaised = false;
  }
}
