// From the aggregates of one window to slots (control path). Aggregates over the same rows and column whose accumulators
// are the same functions share one: mean and std, count and rate.
import { stableJson } from '../core/stable-json.ts';
import type { Aggregate } from './aggregate.ts';
import { predicateKey } from './predicate.ts';
import type { StateReader, StateWriter } from './state-slots.ts';
import { specialise, type AccumulatorPlan, type InputPlan, type ReadPlan } from './specialise.ts';
import type { RowMask, ViewInputs } from './view-inputs.ts';
import type { WindowAggregates } from './window.ts';

/** An aggregate and its position in the view's vector. */
export interface ViewFeature {
  readonly aggregate: Aggregate;
  readonly feature: number;
}

interface OpenInput extends InputPlan {
  readonly key: string;
  readonly accumulators: AccumulatorPlan[];
}

/** Equal where aggregates read the same values of the same rows. */
function inputKey({ definition: { input }, column, where, clip, bucketBy }: Aggregate): string {
  return stableJson([input, column, predicateKey(where), clip, bucketBy]);
}

function openInput(
  aggregate: Aggregate,
  key: string,
  inputs: ViewInputs,
  lists: ReadonlySet<string>,
): OpenInput {
  const { definition, column, where, clip, bucketBy } = aggregate;
  const { input } = definition;
  const isColumn = input !== 'none' && column !== null;
  const values = isColumn ? { name: column, input } : null;
  return {
    key,
    input: inputs.add(where, values, bucketBy),
    isColumn,
    isList: isColumn && lists.has(column),
    isBucketed: bucketBy !== null,
    clip,
    accumulators: [],
  };
}

function accumulatorOf(input: OpenInput, { definition }: Aggregate): AccumulatorPlan | undefined {
  return input.accumulators.find(
    ({ accumulator: { add, merge, clear, width } }) =>
      add === definition.add &&
      merge === definition.merge &&
      clear === definition.clear &&
      width === definition.width,
  );
}

/** The aggregates of one window, laid out in the order of their features. */
export class SlabAggregates implements WindowAggregates {
  readonly width: number;
  readonly add: WindowAggregates['add'];
  readonly merge: WindowAggregates['merge'];
  readonly read: WindowAggregates['read'];
  readonly #taken: RowMask;
  /** What `clear` writes, which is the same each time. */
  readonly #empty: Float64Array;
  readonly #isSparse: boolean;

  /** @param lists columns whose rows have a list of values each */
  constructor(features: readonly ViewFeature[], inputs: ViewInputs, lists: ReadonlySet<string> = new Set()) {
    const opened: OpenInput[] = [];
    const reads: ReadPlan[] = [];
    let width = 0;
    for (const { aggregate, feature } of features) {
      const { definition } = aggregate;
      const key = inputKey(aggregate);
      let input = opened.find((known) => known.key === key);
      if (input === undefined) opened.push((input = openInput(aggregate, key, inputs, lists)));
      let plan = accumulatorOf(input, aggregate);
      if (plan === undefined) {
        input.accumulators.push((plan = { accumulator: definition, at: width }));
        width += definition.width;
      }
      reads.push({ read: definition.read, at: plan.at, feature });
    }
    this.width = width;
    this.#taken = inputs.anyOf(features.map(({ aggregate }) => aggregate.where));
    this.#empty = emptyState(width, opened);
    this.#isSparse = features.some(({ aggregate }) => aggregate.definition.isSparse === true);
    const { add, merge, read } = specialise(opened, reads);
    this.add = add;
    this.merge = merge;
    this.read = read;
  }

  takes(row: number): boolean {
    return this.#taken.mask[row] !== 0;
  }

  clear(slab: Float64Array, at: number): void {
    const empty = this.#empty;
    for (let i = 0; i < empty.length; i++) slab[at + i] = empty[i] as number;
  }

  write(slab: Float64Array, at: number, to: StateWriter): void {
    if (this.#isSparse) to.appendChanged(slab, at, this.#empty);
    else to.append(slab, at, this.width);
  }

  restore(slab: Float64Array, at: number, from: StateReader): void {
    if (this.#isSparse) from.takeChanged(this.width, slab, at);
    else from.take(this.width, slab, at);
  }
}

function emptyState(width: number, inputs: readonly InputPlan[]): Float64Array {
  const empty = new Float64Array(width);
  for (const { accumulators } of inputs) {
    for (const { accumulator, at } of accumulators) accumulator.clear?.(empty, at);
  }
  return empty;
}
