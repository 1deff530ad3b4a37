// The filter stage (hot path): rows that go on, by a predicate.
import type { Batch } from '../core/batch.ts';
import { defined } from '../core/definition.ts';
import { isExpression, type FailedRows } from '../core/expression.ts';
import { predicateCheck, predicateReads, type Predicate, type PredicateReads } from '../window/predicate.ts';
import { withoutFailed } from './failed-rows.ts';
import { declaredPredicate, describePredicate, openPredicate, type FillMask } from './predicate.ts';
import { RowFilter } from './rows.ts';
import { stageArguments } from './stage-arguments.ts';
import { syncOperator, type Stage, type StageContext, type StageInstance } from './stage.ts';

class FilterMachine {
  readonly #context: StageContext;
  readonly #fill: FillMask;
  readonly #rows = new RowFilter();
  readonly #failed: FailedRows = new Map();
  #mask = new Uint8Array(0);

  constructor(context: StageContext, fill: FillMask) {
    this.#context = context;
    this.#fill = fill;
  }

  batch(batch: Batch): Batch {
    this.#select(batch);
    const failed = this.#failed;
    const sound = failed.size === 0 ? batch : withoutFailed(batch, failed, this.#context);
    const out = this.#kept(sound);
    const dropped = sound.rows.length - out.rows.length;
    if (dropped > 0) this.#context.dropped(dropped);
    return out;
  }

  /** The rows that go on, uncounted. */
  preview(batch: Batch): Batch {
    this.#select(batch);
    return this.#kept(batch);
  }

  #select(batch: Batch): void {
    if (this.#mask.length < batch.size) this.#mask = new Uint8Array(batch.size);
    this.#failed.clear();
    this.#fill(batch, this.#mask, this.#failed);
    for (const row of this.#failed.keys()) this.#mask[row] = 0;
  }

  #kept(batch: Batch): Batch {
    this.#rows.begin(batch);
    for (let i = 0; i < batch.rows.length; i++) {
      const row = batch.rows[i] as number;
      if (this.#mask[row] === 1) this.#rows.keep(row);
    }
    return this.#rows.end(batch);
  }
}

/**
 * Drops the rows for which a predicate does not hold. A dropped event is counted in `millrace_events_filtered_total` and goes
 * nowhere; its offset is committed as any other. Before `watermarks` it does not move the watermark; after it, it has.
 * @example filter({ type: ['order', 'refund'], amount: above(0) })
 * @example filter(lessEqual('amount', 'limit'))
 */
export function filter<const P extends Predicate>(keep: P): Stage<PredicateReads<P>>;
export function filter<const P extends Predicate>(id: string, keep: P): Stage<PredicateReads<P>>;
export function filter(first: string | Predicate, second?: Predicate): Stage {
  const [id, given] = stageArguments<Predicate>('filter', first, second as Predicate); // the overloads require it
  const problem = predicateCheck(given);
  const keep = problem === null ? given : {};
  const stage: Stage = {
    id,
    kind: 'filter',
    summary: describePredicate(keep),
    declaration: { keep: declaredPredicate(keep) },
    reads: predicateReads(keep),
    // The features stage has decided what is scored: a row that is dropped later is scored all the same.
    before: ['features'],
    memoryMs: 0,
    open(context): StageInstance {
      const machine = new FilterMachine(context, openPredicate(keep, `stage ${id}`));
      return { operator: syncOperator(machine), preview: (batch) => machine.preview(batch) };
    },
  };
  return defined(stage, {
    given: isExpression(given) ? { '': given } : (Object(given) as object),
    problems: problem === null ? [] : [['', problem]],
  });
}
