// Events for which a function of the topology threw (off the hot path: there are none as a rule).
import type { Batch } from '../core/batch.ts';
import type { FailedRows } from '../core/expression.ts';
import { RowFilter } from './rows.ts';
import type { StageContext } from './stage.ts';

/** Where failed rows are set aside and reported. */
export type FailureContext = Pick<StageContext, 'topology' | 'stage' | 'telemetry' | 'reject'>;

export class FailedRowsOutput {
  readonly #context: FailureContext;
  readonly #where: string;
  #isRaised = false;

  constructor(context: FailureContext) {
    this.#context = context;
    this.#where = `${context.topology} ${context.stage}`;
  }

  /**
   * Sets the events aside, each with what was thrown. After `features` has decided what is scored, an event is predicted
   * all the same: it goes on without the value, and an operator sees a condition.
   */
  without(batch: Batch, failed: FailedRows): Batch {
    if (failed.size > 0 && batch.features === null) return withoutFailed(batch, failed, this.#context);
    this.report(failed);
    return batch;
  }

  /** Raises a condition if there are any, and clears it if there are none. */
  report(failed: FailedRows): void {
    const { telemetry } = this.#context;
    if (failed.size === 0) {
      if (this.#isRaised) telemetry.clear('function_failed', this.#where);
      this.#isRaised = false;
      return;
    }
    const [why = ''] = failed.values();
    this.#isRaised = true;
    telemetry.raise('function_failed', this.#where, why);
  }
}

/**
 * The batch without the events of these rows, each a dead letter with what was thrown. Rows of one event, as `flatten` makes
 * them, are set aside together, and once.
 */
export function withoutFailed(
  batch: Batch,
  failed: FailedRows,
  context: Pick<FailureContext, 'reject'>,
): Batch {
  const { rawIndex } = batch;
  const records = new Map<number, string>();
  for (const [row, why] of failed) records.set(rawIndex[row] as number, why);
  const filter = new RowFilter();
  filter.begin(batch);
  let last = -1;
  for (const row of batch.rows) {
    const record = rawIndex[row] as number;
    const why = records.get(record);
    if (why === undefined) filter.keep(row);
    else if (record !== last) context.reject(batch, row, 'STAGE_FAILED', why);
    last = record;
  }
  return filter.end(batch);
}
