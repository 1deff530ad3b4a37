// The filter stage (hot path): rows that go on, by a predicate or by a function of columns.
import { predicateCheck } from '../window/predicate.ts';
import type { Batch } from '../core/batch.ts';
import { defined } from '../core/definition.ts';
import { predicateReads, type Predicate, type PredicateReads } from '../window/predicate.ts';
import { describePredicate, fillMask } from './predicate.ts';
import {
  functionProblems,
  inputReads,
  rowFunction,
  type AnyFunction,
  type FailedRows,
  type Input,
  type InputReads,
  type InputValues,
} from './row-function.ts';
import { RowFilter } from './rows.ts';
import { stageArguments } from './stage-arguments.ts';
import { syncOperator, type Stage, type StageContext, type StageInstance } from './stage.ts';

/**
 * Which rows go on, by a function of columns.
 * @typeParam Reads the columns that it reads: 'amount: number'
 */
export interface RowTest<Reads extends string = string> {
  readonly reads: readonly Reads[];
  /** Opens it for one partition: the result sets `mask[row]` to 1 or 0 for each live row, or adds the row to `failed`. */
  readonly open: (where: string) => (batch: Batch, mask: Uint8Array, failed: FailedRows) => void;
}

/**
 * Rows for which a function holds. The function is pure; of string columns alone it is called once for each combination
 * of values.
 * @example filter(rowsWhere(['amount', 'limit'], (amount, limit) => amount <= limit))
 */
export function rowsWhere<const I extends readonly Input[]>(
  inputs: I,
  test: (...values: InputValues<I>) => boolean,
): RowTest<InputReads<I[number]>> {
  const open = rowFunction(inputs, test as AnyFunction); // InputValues says what it takes
  const rowTest: RowTest<InputReads<I[number]>> = {
    reads: inputReads(inputs),
    open(where) {
      const rows = open(where);
      return (batch, mask, failed) => rows.fill(batch, mask, failed);
    },
  };
  return defined(rowTest, { given: {}, problems: functionProblems(inputs, test) });
}

class FilterMachine {
  readonly #context: StageContext;
  readonly #fill: ReturnType<RowTest['open']>;
  readonly #rows = new RowFilter();
  readonly #failed: FailedRows = new Map();
  #mask = new Uint8Array(0);

  constructor(context: StageContext, fill: ReturnType<RowTest['open']>) {
    this.#context = context;
    this.#fill = fill;
  }

  batch(batch: Batch): Batch {
    const out = this.preview(batch);
    const failed = this.#failed;
    const dropped = batch.rows.length - out.rows.length - failed.size;
    if (dropped > 0) this.#context.dropped(dropped);
    for (const [row, why] of failed) this.#context.reject(batch, row, 'STAGE_FAILED', why);
    return out;
  }

  /** The rows that go on, uncounted. */
  preview(batch: Batch): Batch {
    if (this.#mask.length < batch.size) this.#mask = new Uint8Array(batch.size);
    this.#failed.clear();
    this.#fill(batch, this.#mask, this.#failed);
    this.#rows.begin(batch);
    for (let i = 0; i < batch.rows.length; i++) {
      const row = batch.rows[i] as number;
      if (this.#mask[row] === 1) this.#rows.keep(row);
    }
    return this.#rows.end(batch);
  }
}

function isRowTest(what: Predicate | RowTest | null): what is RowTest {
  return typeof what === 'object' && what !== null && typeof what['open'] === 'function';
}

/**
 * Drops the rows for which a predicate, or a function, does not hold. A dropped event is counted in
 * `millrace_events_filtered_total` and goes nowhere; its offset is committed as any other. Before `watermarks` it does not
 * move the watermark; after it, it has.
 * @example filter({ type: ['order', 'refund'], amount: above(0) })
 */
export function filter<const P extends Predicate>(keep: P): Stage<PredicateReads<P>>;
export function filter<const P extends Predicate>(id: string, keep: P): Stage<PredicateReads<P>>;
export function filter<R extends string>(keep: RowTest<R>): Stage<R>;
export function filter<R extends string>(id: string, keep: RowTest<R>): Stage<R>;
export function filter(first: string | Predicate | RowTest, second?: Predicate | RowTest): Stage {
  const [id, given] = stageArguments<Predicate | RowTest>('filter', first, second as Predicate); // the overloads require it
  const problem = isRowTest(given) ? null : predicateCheck(given);
  const keep = problem === null ? given : {};
  const stage: Stage = {
    id,
    kind: 'filter',
    summary: isRowTest(keep) ? `a function of ${keep.reads.join(', ')}` : describePredicate(keep),
    reads: isRowTest(keep) ? keep.reads : predicateReads(keep),
    // The features stage has decided what is scored: a row that is dropped later is scored all the same.
    before: ['features'],
    memoryMs: 0,
    open(context): StageInstance {
      const where = `stage ${id}`;
      const fill = isRowTest(keep)
        ? keep.open(where)
        : (batch: Batch, mask: Uint8Array): void => fillMask(keep, batch, mask);
      const machine = new FilterMachine(context, fill);
      return { operator: syncOperator(machine), preview: (batch) => machine.preview(batch) };
    },
  };
  return defined(stage, {
    given: isRowTest(given) ? { '': given } : (Object(given) as object),
    problems: problem === null ? [] : [['', problem]],
  });
}
