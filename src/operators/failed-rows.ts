// Events for which a function of the topology threw (off the hot path: there are none as a rule).
import type { Batch } from '../core/batch.ts';
import type { FailedRows } from './row-function.ts';
import { RowFilter } from './rows.ts';
import type { StageContext } from './stage.ts';

export class FailedRowsOutput {
  readonly #context: StageContext;
  readonly #where: string;
  #isRaised = false;

  constructor(context: StageContext) {
    this.#context = context;
    this.#where = `${context.topology} ${context.stage}`;
  }

  /**
   * Sets the events aside, each with what was thrown. After `features` has decided what is scored, an event is predicted
   * all the same: it goes on without the value, and an operator sees a condition.
   */
  without(batch: Batch, failed: FailedRows): Batch {
    const { telemetry } = this.#context;
    if (failed.size === 0) {
      if (this.#isRaised) telemetry.clear('function_failed', this.#where);
      this.#isRaised = false;
      return batch;
    }
    if (batch.features === null) return this.#setAside(batch, failed);
    const [why = ''] = failed.values();
    this.#isRaised = true;
    telemetry.raise('function_failed', this.#where, why);
    return batch;
  }

  #setAside(batch: Batch, failed: FailedRows): Batch {
    const filter = new RowFilter();
    filter.begin(batch);
    for (const row of batch.rows) {
      const why = failed.get(row);
      if (why === undefined) filter.keep(row);
      else this.#context.reject(batch, row, 'STAGE_FAILED', why);
    }
    return filter.end(batch);
  }
}
