// The features stage (hot path): keeps windowed aggregates of every view in one pass over the batch, in offset order,
// and writes the feature vector of each row to score. An event counts in the windows of its own query instant.
import { checkedOptions } from '../core/option-checks.ts';
import type { Barrier, Batch, DictColumn, FeatureMatrix, ScalarColumn } from '../core/batch.ts';
import { defined, definedLike } from '../core/definition.ts';
import { NULL_CODE, type Dictionary } from '../core/dictionary.ts';
import type { FailedRows } from '../core/expression.ts';
import type { FeatureSpec } from '../core/feature-spec.ts';
import { categoryCode } from '../core/murmur2.ts';
import type { EveryEvent, Predicate, PredicateReads } from '../window/predicate.ts';
import {
  FEATURES_CHECKS,
  expressionProblems,
  featureProblems,
  layoutOf,
  longestWindowMs,
  readsOf,
  readsOnceOf,
  summarize,
  type FeaturesOptions,
  type FeaturesSettings,
  type FeaturesStage,
  type Fields,
  type KeyReadsOf,
  type ReadsOf,
  type Views,
} from './feature-layout.ts';
import { DerivedFeatures } from './derived-features.ts';
import type { ErasedEntities, StateErasure } from './erasure.ts';
import { AnsweredView } from './answered-view.ts';
import { FailedRowsOutput } from './failed-rows.ts';
import type { Hop } from './hop.ts';
import { KeysErasure, type KeyColumns } from './keys-erasure.ts';
import { MaskSet } from './predicate.ts';
import { stageArguments } from './stage-arguments.ts';
import { withoutErased } from './rows.ts';
import type { EngineStageContext, KeyedState, StageInstance } from './stage.ts';
import { syncOperator } from './stage.ts';
import type { StateChanges } from './state-changes.ts';
import type { View } from './view.ts';
import { ViewState, viewPrefix } from './view-state.ts';

/** Codes of a categorical field by dictionary code, kept for as long as the dictionary stays the same. */
class CategoryCodes {
  #dictionary: Dictionary | null = null;
  #codes: number[] = [];

  codeOf(column: DictColumn, row: number): number {
    if (this.#dictionary !== column.dictionary) {
      this.#dictionary = column.dictionary;
      this.#codes = [];
    }
    const code = column.codes[row] as number;
    if (code === NULL_CODE) return Number.NaN;
    return (this.#codes[code] ??= categoryCode(column.dictionary.decode(code)));
  }
}

class FeaturesMachine implements KeyedState {
  readonly #fields: ReadonlyArray<{ readonly column: string; readonly codes: CategoryCodes }>;
  readonly #views: readonly ViewState[];
  readonly #derived: DerivedFeatures;
  readonly #failed: FailedRowsOutput;
  /** Those whose key does not have the entity's column. */
  readonly #shared: readonly ViewState[];
  readonly #keys: readonly KeyColumns[];
  readonly #when: MaskSet;
  readonly #width: number;
  /** Positions of the features that leave the stage; null: all. */
  readonly #selected: Int32Array | null;
  /** Views whose features come by a hop: their windows are elsewhere. */
  readonly #answered: readonly AnsweredView[];
  /** All, in the order of the vector. */
  readonly #all: readonly ViewState[];

  constructor(
    stage: FeaturesStage,
    selected: Int32Array | null,
    hops: readonly Hop[],
    context: EngineStageContext,
  ) {
    this.#fields = Object.values(stage.options.fields ?? {}).map(({ column }) => ({
      column,
      codes: new CategoryCodes(),
    }));
    let at = this.#fields.length;
    const answered: AnsweredView[] = [];
    const local: ViewState[] = [];
    this.#all = Object.entries(stage.options.views ?? {}).map(([name, view]) => {
      const state = new ViewState(name, view, at, context);
      const hop = hops.findIndex(({ views }) => views.some((one) => one.name === name));
      if (hop < 0) local.push(state);
      else answered.push(new AnsweredView(state, hop, hops[hop] as Hop, { name, at }, context));
      at += state.width;
      return state;
    });
    this.#answered = answered;
    this.#views = local;
    this.#keys = localViews(stage.options, hops).map(([name, { key }]) => ({
      prefix: viewPrefix(name),
      key,
    }));
    this.#shared = this.#views.filter(
      (_view, i) => this.#keys[i]?.key.includes(context.entity ?? '') !== true,
    );
    this.#when = new MaskSet([stage.options.when], context);
    const names = layoutOf(stage.options).map((spec) => spec.name);
    this.#derived = new DerivedFeatures(stage.options.derived ?? {}, names, `stage ${stage.id}`);
    this.#failed = new FailedRowsOutput(context);
    this.#width = names.length;
    this.#selected = selected;
  }

  batch(batch: Batch): Batch {
    this.#when.fill(batch);
    const scored = this.#when.masks[0] as Uint8Array;
    for (const state of this.#views) state.bind(batch);
    for (const view of this.#answered) view.bind(batch);
    const { rows, erased } = batch;
    if (erased !== undefined) for (const row of rows) if (erased[row] === 1) scored[row] = 0;
    const scoredRows = new Int32Array(countOnes(scored, rows));
    const values = new Float32Array(scoredRows.length * this.#width);
    let at = 0;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i] as number;
      const timeMs = batch.eventTimeMs[row] as number;
      if (erased !== undefined && erased[row] === 1) {
        for (const state of this.#shared) state.update(row, timeMs);
        continue;
      }
      for (const state of this.#views) state.update(row, timeMs);
      if (scored[row] === 0) continue;
      const base = at * this.#width;
      for (const state of this.#views) state.read(row, timeMs, values, base);
      scoredRows[at++] = row;
    }
    for (const view of this.#answered) view.fill(batch, scoredRows, values, this.#width);
    this.#fillFields(batch, scoredRows, values);
    const failed: FailedRows = new Map();
    this.#derived.compute(values, at, failed);
    this.#failed.report(failed);
    const entities = this.#all.map((state) => state.entities(scoredRows));
    const vectors = this.#selected === null ? values : selectedOf(values, this.#width, this.#selected);
    const width = this.#selected?.length ?? this.#width;
    const features: FeatureMatrix = { width, rowCount: at, rows: scoredRows, values: vectors, entities };
    return { ...withoutErased(batch), features };
  }

  #fillFields(batch: Batch, rows: Int32Array, into: Float32Array): void {
    for (const [f, field] of this.#fields.entries()) {
      const column = batch.columns[field.column] as ScalarColumn; // the topology's columns are checked
      for (let i = 0; i < rows.length; i++) {
        const row = rows[i] as number;
        into[i * this.#width + f] =
          column.kind === 'number' ? (column.values[row] as number) : field.codes.codeOf(column, row);
      }
    }
  }

  snapshot(barrier: Barrier, changes: StateChanges): void {
    for (const state of this.#views) state.snapshot(barrier, changes);
  }

  evict(): void {
    for (const state of this.#views) state.evict();
  }

  wantedKeys(batch: Batch, into: Set<string>): void {
    for (const state of this.#views) state.wantedKeys(batch, into);
  }

  hydrate(key: string, blob: Uint8Array | null): void {
    for (const state of this.#views) state.hydrate(key, blob);
  }

  erasure(entities: ErasedEntities): StateErasure {
    return new KeysErasure(this.#keys, entities);
  }
}

/** Columns of a row-major matrix. */
function selectedOf(values: Float32Array, width: number, selected: Int32Array): Float32Array {
  const rows = values.length / width;
  const narrow = new Float32Array(rows * selected.length);
  let to = 0;
  for (let from = 0; from < values.length; from += width)
    for (let f = 0; f < selected.length; f++) narrow[to++] = values[from + (selected[f] as number)] as number;
  return narrow;
}

/** The views whose windows are in the partition itself. */
function localViews(options: FeaturesOptions, hops: readonly Hop[]): Array<[string, View]> {
  const elsewhere = new Set(hops.flatMap(({ views }) => views.map(({ name }) => name)));
  return Object.entries(options.views ?? {}).filter(([name]) => !elsewhere.has(name));
}

function countOnes(mask: Uint8Array, rows: Int32Array): number {
  let n = 0;
  for (let i = 0; i < rows.length; i++) n += mask[rows[i] as number] as number;
  return n;
}

/**
 * @param service whose features leave the stage; null: all
 * @param hops by which the features of some views come
 */
function stageOf(
  id: string,
  options: FeaturesSettings,
  service: string | null,
  hops: readonly Hop[] = [],
): FeaturesStage {
  const views = Object.fromEntries(localViews(options, hops));

  const all = layoutOf(options);
  const names = service === null ? null : (options.services?.[service] ?? []);
  const selected = names && Int32Array.from(names, (name) => all.findIndex((spec) => spec.name === name));
  const stage: FeaturesStage = {
    id,
    kind: 'features',
    summary: summarize(options),
    reads: readsOf(options),
    readsOnce: readsOnceOf(options),
    keys: Object.values(views).flatMap(({ key }) => key),
    memoryMs: longestWindowMs({ views }),
    options,
    features: selected === null ? all : Array.from(selected, (at) => all[at] as FeatureSpec),
    ofService: (name) => definedLike(stageOf(id, options, name, hops), stage),
    answeredBy: (given) => definedLike(stageOf(id, options, service, given), stage),
    open(context): StageInstance {
      const machine = new FeaturesMachine(stage, selected, hops, context);
      return { operator: syncOperator(machine), keyedState: machine };
    },
  };
  return stage;
}

/**
 * Computes the feature vector of each event that `when` selects, from the event's own fields and from windowed
 * aggregates of the events before it in its partition.
 * @example features({ when: { type: 'order' }, fields: { amount: numeric('amount') },
 *   views: { user: view(['user'], { mean_1h: mean('amount', { over: sliding(hours(1)) }) }) },
 *   derived: { deviation: subtract('amount', 'user.mean_1h') } })
 */
export function features<
  F extends Fields = never,
  V extends Views = never,
  When extends Predicate = EveryEvent,
>(
  options: FeaturesOptions<F, V, When>,
): FeaturesStage<
  ReadsOf<F[keyof F & string]> | ReadsOf<V[keyof V & string]> | PredicateReads<When>,
  ReadsOf<F[keyof F & string]> | KeyReadsOf<V> | PredicateReads<When>
>;
export function features<
  F extends Fields = never,
  V extends Views = never,
  When extends Predicate = EveryEvent,
>(
  id: string,
  options: FeaturesOptions<F, V, When>,
): FeaturesStage<
  ReadsOf<F[keyof F & string]> | ReadsOf<V[keyof V & string]> | PredicateReads<When>,
  ReadsOf<F[keyof F & string]> | KeyReadsOf<V> | PredicateReads<When>
>;
export function features(first: string | FeaturesOptions, second: FeaturesOptions = {}): FeaturesStage {
  const [id, given] = stageArguments('features', first, second);
  const checked = checkedOptions(given, FEATURES_CHECKS);
  const options = { ...checked.options, when: checked.options.when ?? {} };
  const stage = stageOf(id, options, null);
  const problems = [...checked.problems, ...featureProblems(options)];
  // What is derived reads features: their names are no columns.
  return defined(stage, {
    given: { ...(Object(given) as object), derived: null },
    options: FEATURES_CHECKS,
    problems: [...problems, ...expressionProblems(options)],
  });
}
