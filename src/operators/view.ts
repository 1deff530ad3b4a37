// A feature view, declared (control path).
import { stringColumn, type StringRead } from '../core/columns.ts';
import { defined } from '../core/definition.ts';
import type { Aggregate } from '../window/aggregate.ts';

/**
 * Windowed aggregates by entity key.
 * @typeParam Reads the columns that it reads: 'card: string' | 'amount: number'
 * @typeParam Name the names of its features
 */
export interface View<Reads extends string = string, Name extends string = string> {
  /** String columns that make the entity key. */
  readonly key: readonly string[];
  readonly features: Readonly<Record<Name, Aggregate>>;
  readonly reads: readonly Reads[];
}

/** @param key columns whose values, joined by `|` (`\|` within a value), are the entity */
export function view<const K extends string, R extends string, Name extends string>(
  key: readonly K[],
  features: Readonly<Record<Name, Aggregate<R>>>,
): View<StringRead<K> | R, Name> {
  const aggregates = Object.values<Aggregate<R>>(features);
  const reads = [
    ...key.map((column) => stringColumn(column)),
    ...aggregates.flatMap((aggregate) => aggregate.reads),
  ];
  return defined({ key, features, reads: [...new Set(reads)] }, { given: { key, features } });
}
