// The features stage (hot path): keeps windowed aggregates of every view in one pass over the batch, in offset order,
// and writes the feature vector of each row to score. An event counts in the windows of its own query instant.
import type { Barrier, Batch, Column, DictColumn, FeatureMatrix } from '../core/batch.ts';
import { NULL_CODE, type Dictionary } from '../core/dictionary.ts';
import { MillraceError } from '../core/errors.ts';
import { FEATURES_MAX } from '../core/limits.ts';
import { categoryCode } from '../core/murmur2.ts';
import { formatDuration } from '../core/time.ts';
import type { FeatureSpec } from '../ports/trainer.ts';
import type { Predicate } from '../window/definitions.ts';
import { KEY_SEPARATOR } from './joined-key.ts';
import { describePredicate, MaskSet } from './predicate.ts';
import type { KeyedState, Stage, StageContext, StageInstance } from './stage.ts';
import { syncOperator } from './stage.ts';
import type { StateChanges } from './state-changes.ts';
import { ViewState } from './view-state.ts';
import type { View } from './view.ts';

/** A feature taken from the scored event itself. */
export interface FieldFeature {
  readonly kind: 'numeric' | 'categorical';
  readonly column: string;
}

export interface FeaturesOptions {
  /** Which events are scored. */
  readonly when: Predicate;
  readonly fields?: Readonly<Record<string, FieldFeature>>;
  readonly views?: Readonly<Record<string, View>>;
  /** Features made of the others: a sum of named features, each times its factor; NaN where one is. */
  readonly derived?: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

export interface FeaturesStage extends Stage {
  readonly kind: 'features';
  readonly options: FeaturesOptions;
  /** The vector's layout: fields in order, each view's features, named `view.feature`, then what is derived. */
  readonly features: readonly FeatureSpec[];
}

/** A numeric column of the scored event as a feature; NaN where null. */
export function numeric(column: string): FieldFeature {
  return { kind: 'numeric', column };
}
/** A string column of the scored event as a categorical feature: a stable code, equal for equal strings. */
export function categorical(column: string): FieldFeature {
  return { kind: 'categorical', column };
}

function layoutOf(id: string, options: FeaturesOptions): FeatureSpec[] {
  const specs: FeatureSpec[] = Object.entries(options.fields ?? {}).map(([name, of]) => ({
    name,
    kind: of.kind,
  }));
  for (const [name, of] of Object.entries(options.views ?? {})) {
    for (const feature of Object.keys(of.features))
      specs.push({ name: `${name}.${feature}`, kind: 'numeric' });
  }
  const known = new Set(specs.map((spec) => spec.name));
  for (const [name, terms] of Object.entries(options.derived ?? {})) {
    const unknown = Object.keys(terms).filter((term) => !known.has(term));
    if (unknown.length > 0) {
      throw new MillraceError('TOPOLOGY_INVALID', `the derived feature ${name} names ${unknown.join(', ')}`, {
        where: `stage ${id}`,
        remedy: 'Name fields, or features of views as view.feature.',
      });
    }
    specs.push({ name, kind: 'numeric' });
  }
  if (specs.length === 0 || specs.length > FEATURES_MAX) {
    throw new MillraceError(
      'TOPOLOGY_INVALID',
      `a model takes 1 to ${FEATURES_MAX} features, here are ${specs.length}`,
      {
        where: `stage ${id}`,
      },
    );
  }
  return specs;
}

function columnsOf(options: FeaturesOptions): string[] {
  const names = new Set(Object.keys(options.when));
  for (const field of Object.values(options.fields ?? {})) names.add(field.column);
  for (const { key, features } of Object.values(options.views ?? {})) {
    for (const column of key) names.add(column);
    for (const aggregate of Object.values(features)) {
      if (aggregate.column !== null) names.add(aggregate.column);
      for (const column of Object.keys(aggregate.where)) names.add(column);
    }
  }
  return [...names];
}

function longestWindowMs(options: FeaturesOptions): number {
  const aggregates = Object.values(options.views ?? {}).flatMap((of) => Object.values(of.features));
  // A pane more: a window reaches back to the beginning of its first pane.
  return aggregates.reduce((most, { over }) => Math.max(most, over.sizeMs + over.paneMs), 0);
}

function summarize(options: FeaturesOptions): string {
  const views = Object.entries(options.views ?? {}).map(([name, of]) => {
    const longest = Math.max(...Object.values(of.features).map((a) => a.over.sizeMs));
    return `${name} by ${of.key.join(KEY_SEPARATOR)}: ${Object.keys(of.features).length} aggregates up to ${formatDuration(longest)}`;
  });
  const fields = Object.keys(options.fields ?? {}).length;
  return [`where ${describePredicate(options.when)}`, `${fields} fields`, ...views].join('; ');
}

/** Codes of a categorical field by dictionary code, kept for as long as the dictionary stays the same. */
class CategoryCodes {
  #dictionary: Dictionary | null = null;
  #codes: number[] = [];

  of(column: DictColumn, row: number): number {
    if (this.#dictionary !== column.dictionary) {
      this.#dictionary = column.dictionary;
      this.#codes = [];
    }
    const code = column.codes[row] as number;
    if (code === NULL_CODE) return Number.NaN;
    return (this.#codes[code] ??= categoryCode(column.dictionary.decode(code)));
  }
}

/** One derived feature: positions in the vector and their factors. */
interface Derived {
  readonly from: Int32Array;
  readonly factors: Float64Array;
}

class FeaturesMachine implements KeyedState {
  readonly #fields: ReadonlyArray<{ readonly column: string; readonly codes: CategoryCodes }>;
  readonly #views: readonly ViewState[];
  readonly #derived: readonly Derived[];
  readonly #when: MaskSet;
  readonly #width: number;

  constructor(stage: FeaturesStage, context: StageContext) {
    this.#fields = Object.values(stage.options.fields ?? {}).map(({ column }) => ({
      column,
      codes: new CategoryCodes(),
    }));
    let at = this.#fields.length;
    this.#views = Object.entries(stage.options.views ?? {}).map(([name, of]) => {
      const state = new ViewState(`${name}=`, of, at, context);
      at += state.width;
      return state;
    });
    this.#when = new MaskSet([stage.options.when]);
    const names = stage.features.map((spec) => spec.name);
    this.#derived = Object.values(stage.options.derived ?? {}).map((terms) => ({
      from: Int32Array.from(Object.keys(terms), (name) => names.indexOf(name)),
      factors: Float64Array.from(Object.values(terms)),
    }));
    this.#width = stage.features.length;
  }

  batch(batch: Batch): Batch {
    this.#when.fill(batch);
    const scored = this.#when.masks[0] as Uint8Array;
    for (const state of this.#views) state.bind(batch);
    const { rows } = batch;
    const scoredRows = new Int32Array(countOnes(scored, rows));
    const values = new Float32Array(scoredRows.length * this.#width);
    let at = 0;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i] as number;
      const timeMs = batch.eventTimeMs[row] as number;
      for (const state of this.#views) state.update(row, timeMs);
      if (scored[row] === 0) continue;
      const base = at * this.#width;
      for (const state of this.#views) state.read(row, timeMs, values, base);
      scoredRows[at++] = row;
    }
    this.#fillFields(batch, scoredRows, values);
    this.#fillDerived(at, values);
    const features: FeatureMatrix = { width: this.#width, rowCount: at, rows: scoredRows, values };
    return { ...batch, features };
  }

  #fillFields(batch: Batch, rows: Int32Array, into: Float32Array): void {
    for (const [f, field] of this.#fields.entries()) {
      const column = batch.columns[field.column] as Column;
      for (let i = 0; i < rows.length; i++) {
        const row = rows[i] as number;
        into[i * this.#width + f] =
          column.kind === 'number' ? (column.values[row] as number) : field.codes.of(column, row);
      }
    }
  }

  #fillDerived(rowCount: number, into: Float32Array): void {
    const first = this.#width - this.#derived.length;
    for (let d = 0; d < this.#derived.length; d++) {
      const { from, factors } = this.#derived[d] as Derived;
      for (let base = 0; base < rowCount * this.#width; base += this.#width) {
        let sum = 0;
        for (let i = 0; i < from.length; i++) {
          sum += (into[base + (from[i] as number)] as number) * (factors[i] as number);
        }
        into[base + first + d] = sum;
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
}

function countOnes(mask: Uint8Array, rows: Int32Array): number {
  let n = 0;
  for (let i = 0; i < rows.length; i++) n += mask[rows[i] as number] as number;
  return n;
}

/**
 * Computes the feature vector of each event that `when` selects, from the event's own fields and from windowed
 * aggregates of the events before it in its partition.
 * @example features('features', { when: { type: 'order' }, fields: { amount: numeric('amount') },
 *   views: { user: view(['user'], { orders_1h: count({ over: sliding(hours(1)) }) }) } })
 */
export function features(id: string, options: FeaturesOptions): FeaturesStage {
  const stage: FeaturesStage = {
    id,
    kind: 'features',
    summary: summarize(options),
    columns: columnsOf(options),
    strings: Object.values(options.views ?? {}).flatMap(({ key }) => key),
    memoryMs: longestWindowMs(options),
    options,
    features: layoutOf(id, options),
    open(context: StageContext): StageInstance {
      const machine = new FeaturesMachine(stage, context);
      return { operator: syncOperator(machine), keyedState: machine };
    },
  };
  return stage;
}
