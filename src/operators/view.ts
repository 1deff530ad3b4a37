// A feature view, declared (control path).
import { byName, columns, objectWith } from '../core/option-checks.ts';
import { anyColumn, type AnyRead } from '../core/columns.ts';
import { defined } from '../core/definition.ts';
import type { Aggregate } from '../window/aggregate.ts';

/**
 * Windowed aggregates by entity key.
 * @typeParam Reads the columns that it reads: 'card: any' | 'amount: number'
 * @typeParam Name the names of its features
 */
export interface View<Reads extends string = string, Name extends string = string> {
  /** Columns that make the entity key. */
  readonly key: readonly string[];
  readonly features: Readonly<Record<Name, Aggregate>>;
  readonly reads: readonly Reads[];
}

const aggregatesCheck = byName(objectWith(['definition', 'over', 'reads'], 'aggregate'), 'features');

/**
 * @param key columns whose values, joined by `|` (`\|` within a value), are the entity: a number as in JSON, a boolean as 0 or
 * 1, an instant in milliseconds since 1970
 */
export function view<const K extends string, R extends string, Name extends string>(
  key: readonly K[],
  features: Readonly<Record<Name, Aggregate<R>>>,
): View<AnyRead<K> | R, Name> {
  const keyProblem = columns(key);
  const featuresProblem =
    Object.keys(Object(features) as object).length === 0 ? 'it has no feature' : aggregatesCheck(features);
  const good = featuresProblem === null ? features : ({} as Readonly<Record<Name, Aggregate<R>>>); // without features it is refused
  const keyColumns = keyProblem === null ? key : [];
  const aggregates = Object.values<Aggregate<R>>(good);
  const reads = [
    ...keyColumns.map((column) => anyColumn(column)),
    ...aggregates.flatMap((aggregate) => aggregate.reads),
  ];
  const problems = [
    ...(keyProblem === null ? [] : [['key', keyProblem] as const]),
    ...(featuresProblem === null ? [] : [['features', featuresProblem] as const]),
  ];
  const made = { key: keyColumns, features: good, reads: [...new Set(reads)] };
  return defined(made, { given: { key, features }, problems });
}
