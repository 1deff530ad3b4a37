// The condition of a contract's rule that alerts (once a batch): raised by the first event that breaks it.
import type { Batch } from '../core/batch.ts';
import { minutes } from '../core/time.ts';
import type { StageContext } from './stage.ts';

/** Event time without a violation after which the condition of a rule ends, ms. */
const ALERT_MS = minutes(5);

/** Of one partition. */
export class RuleAlert {
  readonly #telemetry: StageContext['telemetry'];
  readonly #where: string;
  /** Event time of the newest violation; null if the condition is not raised. */
  #brokenMs: number | null = null;

  /** @param rule names it within the stage */
  constructor(rule: string, { telemetry, topology, stage, origin }: StageContext) {
    this.#telemetry = telemetry;
    this.#where = `${topology} ${stage} ${rule} ${origin.topic}-${origin.partition}`;
  }

  checked(batch: Batch, broken: readonly number[] | null): void {
    if (broken !== null) {
      const row = broken.at(-1) as number; // there is one
      this.#brokenMs = Math.max(this.#brokenMs ?? -Infinity, batch.eventTimeMs[row] as number);
      const offset = batch.offsets[row] as number;
      this.#telemetry.raise(
        'contract_broken',
        this.#where,
        `the last event that breaks it is at offset ${offset}`,
      );
    } else if (this.#brokenMs !== null) {
      const newest = batch.rows.at(-1);
      const isOver =
        newest !== undefined && (batch.eventTimeMs[newest] as number) >= this.#brokenMs + ALERT_MS;
      if (isOver) this.close();
    }
  }

  close(): void {
    if (this.#brokenMs !== null) this.#telemetry.clear('contract_broken', this.#where);
    this.#brokenMs = null;
  }
}
