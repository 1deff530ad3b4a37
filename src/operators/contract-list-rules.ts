// The rules of a contract over a column of lists (hot path): its length, and what each of its items must be. A list that is null
// passes, and so does an item that is null, but for `items.required`.
import { isNullAt, type Batch, type Column, type ListColumn } from '../core/batch.ts';
import {
  listColumn,
  numberListColumn,
  stringListColumn,
  type ListRead,
  type NumberListRead,
  type StringListRead,
} from '../core/columns.ts';
import { shown } from '../core/option-checks.ts';
import type { EveryEvent, Predicate, PredicateReads } from '../window/predicate.ts';
import { rule, type Otherwise, type Rule, type RuleOptions, type Violates } from './contract-rule.ts';
import { isTexts, rangeProblems, textsThat } from './contract-rules.ts';

export interface ListRuleOptions<P extends Predicate = Predicate> extends RuleOptions<P> {
  /** `dead-letter` by default. The default of a list is null. */
  readonly otherwise?: Exclude<Otherwise, object> | { readonly default: null };
}

function listProblems(name: string, { otherwise: given }: RuleOptions = {}): string[] {
  if (typeof given !== 'object' || given === null || (given.default ?? null) === null) return [];
  return [`${name} has the default ${shown(given.default)}: that of a list is null`];
}

/** A row breaks the rule if one of its items does. */
function itemsThat(
  breaks: (batch: Batch, items: ListColumn['items']) => (item: number) => boolean,
): Violates {
  return (batch, cells: Column | undefined) => {
    if (cells?.kind !== 'list') return () => true;
    const { starts, ends } = cells;
    const isBroken = breaks(batch, cells.items);
    return (row) => {
      const end = ends[row] as number;
      for (let item = starts[row] as number; item >= 0 && item < end; item++) if (isBroken(item)) return true;
      return false;
    };
  };
}

function itemsLength<const C extends string, P extends Predicate = EveryEvent>(
  column: C,
  low: number,
  high: number,
  options: ListRuleOptions<P> = {},
): Rule<ListRead<C> | PredicateReads<NoInfer<P>>> {
  const isRange = low >= 0 && low <= high;
  const violates: Violates = (_batch, cells) => {
    if (cells?.kind !== 'list') return () => true;
    const { starts, ends } = cells;
    return (row) => {
      const start = starts[row] as number;
      const length = (ends[row] as number) - start;
      return start >= 0 && (length < low || length > high);
    };
  };
  return rule('items.length', 'CONTRACT_LENGTH', { column, reads: [listColumn(column)] }, options, violates, {
    requires: { low, high },
    problems: [
      ...(isRange
        ? []
        : [`items.length(${column}) is from ${shown(low)} to ${shown(high)}: give the lower one first`]),
      ...listProblems(`items.length(${column})`, options),
    ],
  });
}

function itemsRange<const C extends string, P extends Predicate = EveryEvent>(
  column: C,
  low: number,
  high: number,
  options: ListRuleOptions<P> = {},
): Rule<NumberListRead<C> | PredicateReads<NoInfer<P>>> {
  const violates = itemsThat((_batch, items) => {
    if (items.kind !== 'number') return () => true;
    const { values } = items;
    return (item) => (values[item] as number) < low || (values[item] as number) > high;
  });
  const name = `items.range(${column})`;
  return rule(
    'items.range',
    'CONTRACT_RANGE',
    { column, reads: [numberListColumn(column)] },
    options,
    violates,
    {
      requires: { low, high },
      problems: [...rangeProblems(name, low, high), ...listProblems(name, options)],
    },
  );
}

function itemsOneOf<const C extends string, P extends Predicate = EveryEvent>(
  column: C,
  allowed: readonly string[],
  options: ListRuleOptions<P> = {},
): Rule<StringListRead<C> | PredicateReads<NoInfer<P>>> {
  const values = new Set(isTexts(allowed) ? allowed : []);
  const isOther = textsThat((text) => values.has(text));
  return rule(
    'items.oneOf',
    'CONTRACT_CATEGORY',
    { column, reads: [stringListColumn(column)] },
    options,
    itemsThat(isOther),
    {
      requires: { values: allowed },
      problems: [
        ...(isTexts(allowed)
          ? []
          : [`items.oneOf(${column}) takes a list of strings, not ${shown(allowed)}`]),
        ...listProblems(`items.oneOf(${column})`, options),
      ],
    },
  );
}

function itemsRequired<const C extends string, P extends Predicate = EveryEvent>(
  column: C,
  options: ListRuleOptions<P> = {},
): Rule<ListRead<C> | PredicateReads<NoInfer<P>>> {
  const violates = itemsThat((_batch, items) => (item) => isNullAt(items, item));
  return rule('items.required', 'CONTRACT_NULL', { column, reads: [listColumn(column)] }, options, violates, {
    problems: listProblems(`items.required(${column})`, options),
  });
}

/** Rules over a column of lists. */
export interface ItemRules {
  /** The list must have from `low` to `high` items; null passes. */
  readonly length: typeof itemsLength;
  /** Each number of the list must be within [low, high]; null passes. */
  readonly range: typeof itemsRange;
  /** Each string of the list must be one of these; null passes. `valuesFrom(file)` reads them from a file. */
  readonly oneOf: typeof itemsOneOf;
  /** No item of the list may be null; a list that is null passes. */
  readonly required: typeof itemsRequired;
}

/**
 * Rules over a column of lists.
 * @example contract([items.length('items[].sku', 1, 100), items.range('items[].price', 0, 10_000), items.oneOf('tags', ['new', 'sale'])])
 */
export const items: ItemRules = {
  length: itemsLength,
  range: itemsRange,
  oneOf: itemsOneOf,
  required: itemsRequired,
};
