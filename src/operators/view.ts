// A feature view, declared (control path).
import {
  byName,
  checkedOptions,
  columns,
  duration,
  objectWith,
  type OptionChecks,
} from '../core/option-checks.ts';
import { anyColumn, type AnyRead } from '../core/columns.ts';
import { defined } from '../core/definition.ts';
import type { Aggregate, AggregateVector } from '../window/aggregate.ts';

/**
 * Windowed aggregates by entity key.
 * @typeParam Reads the columns that it reads: 'card: any' | 'amount: number'
 * @typeParam Name the names of its features
 * @typeParam Key the columns that make the entity key
 */
export interface View<
  Reads extends string = string,
  Name extends string = string,
  Key extends string = string,
> {
  /** Columns that make the entity key. */
  readonly key: readonly Key[];
  readonly features: Readonly<Record<Name, Aggregate>>;
  /** Age of an entity's newest event up to which its features are served; absent: any. */
  readonly maxAgeMs?: number;
  readonly reads: readonly Reads[];
}

export interface ViewOptions {
  /**
   * Age of an entity's newest event, by event time, ms, up to which readers of the online store get its features; later
   * their status is `outside_max_age`. Scoring does not depend on it.
   */
  readonly maxAgeMs?: number;
}

/** What stands for the features of a view: an aggregate, or one with several features. */
export type ViewAggregates = Readonly<Record<string, Aggregate | AggregateVector>>;

/** The columns that the aggregates read. */
export type ReadsOfAggregates<F extends ViewAggregates> = F[keyof F] extends {
  readonly reads: ReadonlyArray<infer R extends string>;
}
  ? R
  : never;

/** The names of the features: those of an aggregate with several are `<name>_<part>`. */
export type UnfoldedNames<F extends ViewAggregates> = [
  {
    [N in keyof F & string]: F[N] extends AggregateVector<string, infer Part> ? `${N}_${Part}` : N;
  }[keyof F & string],
][0]; // the tuple keeps the compiler from showing the name of this type in place of the names

const OPTIONS: OptionChecks<ViewOptions> = { maxAgeMs: duration() };
const ARGUMENTS = { ...OPTIONS, key: true, features: true };

const isAggregate = objectWith(['definition', 'over', 'reads'], 'aggregate');
const aggregatesCheck = byName((value) => (isVector(value) ? null : isAggregate(value)), 'features');

function isVector(value: unknown): value is AggregateVector {
  return objectWith(['parts', 'reads'], '')(value) === null;
}

/** Features by name, each of one aggregate. */
function unfolded(features: ViewAggregates): Array<readonly [string, Aggregate]> {
  return Object.entries(features).flatMap(([name, aggregate]) =>
    isVector(aggregate)
      ? Object.entries(aggregate.parts).map(([part, one]) => [`${name}_${part}`, one] as const)
      : [[name, aggregate] as const],
  );
}

function featuresProblem(features: ViewAggregates): string | null {
  if (Object.keys(Object(features) as object).length === 0) return 'it has no feature';
  const wrong = aggregatesCheck(features);
  if (wrong !== null) return wrong;
  const names = unfolded(features).map(([name]) => name);
  const twice = names.find((name, i) => names.indexOf(name) < i);
  return twice === undefined ? null : `there are two features named '${twice}'`;
}

/**
 * @param key columns whose values, joined by `|` (`\|` within a value), are the entity: a number as in JSON, a boolean as 0 or
 * 1, an instant in milliseconds since 1970
 * @param features aggregates by name; one with several features, such as `quantiles`, unfolds into `<name>_<part>`
 */
export function view<const K extends string, F extends ViewAggregates>(
  key: readonly K[],
  features: F,
  options?: ViewOptions,
): View<AnyRead<K> | ReadsOfAggregates<F>, UnfoldedNames<F>, K>;
export function view(key: readonly string[], features: ViewAggregates, given: ViewOptions = {}): View {
  const checked = checkedOptions(given, OPTIONS);
  const keyProblem = columns(key);
  const problem = featuresProblem(features);
  const aggregates = problem === null ? unfolded(features) : [];
  const keyColumns = keyProblem === null ? key : [];
  const reads = [
    ...keyColumns.map((column) => anyColumn(column)),
    ...aggregates.flatMap(([, aggregate]) => aggregate.reads),
  ];
  const problems = [
    ...(keyProblem === null ? [] : [['key', keyProblem] as const]),
    ...(problem === null ? [] : [['features', problem] as const]),
    ...checked.problems,
  ];
  const made = {
    ...checked.options,
    key: keyColumns,
    features: Object.fromEntries(aggregates),
    reads: [...new Set(reads)],
  };
  return defined(made, { given: { key, features, ...given }, options: ARGUMENTS, problems });
}
