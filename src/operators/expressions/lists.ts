// Expressions over columns of lists (hot path): loops over rows, and over the items of each. Of a null list everything is null,
// and null items are left out, as aggregates leave out null values.
import type { ListColumn } from '../../core/batch.ts';
import {
  listColumn,
  numberListColumn,
  stringListColumn,
  type ListRead,
  type NumberListRead,
  type StringListRead,
} from '../../core/columns.ts';
import { defined } from '../../core/definition.ts';
import { NULL_CODE } from '../../core/dictionary.ts';
import { MillraceError } from '../../core/errors.ts';
import type { Expression, ExpressionRows } from '../../core/expression.ts';
import { LIST_ITEMS_MAX } from '../../core/event-limits.ts';
import { shown } from '../../core/option-checks.ts';

/** What a row of a list gives: a number, 1 or 0 for a boolean, NaN for null. */
type OfList = (list: ListColumn, start: number, end: number) => number;

interface Listed<Reads extends string, Kind extends 'number' | 'boolean'> {
  readonly kind: Kind;
  readonly column: string;
  readonly read: (column: string) => Reads;
  readonly text: string;
  /** Once a batch: the function for each row. */
  readonly bind: (list: ListColumn) => OfList;
  readonly problems?: readonly string[];
  readonly looksIntoText?: boolean;
}

function listAt({ columns }: ExpressionRows, name: string, where: string): ListColumn {
  const column = columns[name];
  if (column?.kind === 'list') return column;
  throw new MillraceError('TOPOLOGY_INVALID', `there is no column of lists '${name}'`, { where });
}

function nameProblems(column: unknown): string[] {
  return typeof column === 'string' && column.trim() !== ''
    ? []
    : [`${shown(column)} is no name of a column`];
}

function ofList<Reads extends string, Kind extends 'number' | 'boolean'>({
  kind,
  column,
  read,
  text,
  bind,
  problems = [],
  looksIntoText = false,
}: Listed<Reads, Kind>): Expression<Reads, Kind> {
  const expression: Expression<Reads, Kind> = {
    kind,
    reads: [read(column)],
    text,
    looksIntoText,
    open(where) {
      let values = new Float64Array(0);
      return (batch) => {
        if (values.length < batch.size) values = new Float64Array(batch.size);
        const list = listAt(batch, column, where);
        const call = bind(list);
        const { rows } = batch;
        for (let i = 0; i < rows.length; i++) {
          const row = rows[i] as number;
          const start = list.starts[row] as number;
          values[row] = start < 0 ? Number.NaN : call(list, start, list.ends[row] as number);
        }
        return { kind: 'number', values };
      };
    },
  };
  const wrong = [...nameProblems(column), ...problems].map((what) => ['', what] as const);
  return defined(expression, { given: {}, problems: wrong });
}

/** Over the items that are not null. @param finish from what was folded, and how many items there were */
function folded<const C extends string>(
  name: string,
  column: C,
  start: number,
  fold: (so: number, value: number) => number,
  finish: (so: number, count: number) => number,
): Expression<NumberListRead<C>, 'number'> {
  return ofList({
    kind: 'number',
    column,
    read: () => numberListColumn(column),
    text: `${name}(${column})`,
    bind: ({ items }) => {
      const values = items.kind === 'number' ? items.values : new Float64Array(0);
      return (_list, from, end) => {
        let so = start;
        let count = 0;
        for (let item = from; item < end; item++) {
          const value = values[item] as number;
          if (value !== value) continue;
          so = fold(so, value);
          count += 1;
        }
        return finish(so, count);
      };
    },
  });
}

const orNull = (so: number, count: number): number => (count === 0 ? Number.NaN : so);

function checkedPosition(position: unknown): string[] {
  return Number.isInteger(position) && Math.abs(position as number) <= LIST_ITEMS_MAX
    ? []
    : [`${shown(position)} is no position in a list: 0 is the first item, -1 the last`];
}

/** Where the item is, -1 for none. */
function placeOf(position: number, start: number, end: number): number {
  const item = position < 0 ? end + position : start + position;
  return item >= start && item < end ? item : -1;
}

function containing(value: string | number): (list: ListColumn) => OfList {
  return ({ items }) => {
    if (items.kind === 'number')
      return (_list, start, end) => {
        for (let item = start; item < end; item++) if (items.values[item] === value) return 1;
        return 0;
      };
    const code = typeof value === 'string' ? items.dictionary.find(value) : NULL_CODE;
    return (_list, start, end) => {
      if (code === NULL_CODE) return 0;
      for (let item = start; item < end; item++) if (items.codes[item] === code) return 1;
      return 0;
    };
  };
}

/**
 * Expressions over columns of lists: `lists.length('tags')`, `lists.contains('tags', 'gift')`, `lists.item('prices', 0)`,
 * `lists.itemText('tags', -1)`, `lists.sum('prices')`. Of a null list everything is null.
 * @example derive({ items: lists.length('items[].sku'), total: lists.sum('items[].price') })
 */
export const lists = {
  /** How many items a list has, null ones included. */
  length: <const C extends string>(column: C): Expression<ListRead<C>, 'number'> =>
    ofList({
      kind: 'number',
      column,
      read: () => listColumn(column),
      text: `lists.length(${column})`,
      bind: () => (_list, start, end) => end - start,
    }),

  /** Whether a list has the string, or the number. */
  contains: <const C extends string, const V extends string | number>(
    column: C,
    value: V,
  ): Expression<V extends string ? StringListRead<C> : NumberListRead<C>, 'boolean'> =>
    ofList({
      kind: 'boolean',
      column,
      // By the type of the value, as the declaration says.
      read: () =>
        (typeof value === 'string' ? stringListColumn(column) : numberListColumn(column)) as V extends string
          ? StringListRead<C>
          : NumberListRead<C>,
      text: `lists.contains(${column}, ${JSON.stringify(value)})`,
      bind: containing(value),
      looksIntoText: typeof value === 'string',
      problems:
        typeof value === 'string' || Number.isFinite(value)
          ? []
          : [`${shown(value)} is no string and no number`],
    }),

  /** The number at a position, 0 for the first and -1 for the last; null if there is none. */
  item: <const C extends string>(column: C, position: number): Expression<NumberListRead<C>, 'number'> =>
    ofList({
      kind: 'number',
      column,
      read: () => numberListColumn(column),
      text: `lists.item(${column}, ${position})`,
      problems: checkedPosition(position),
      bind: ({ items }) => {
        const values = items.kind === 'number' ? items.values : new Float64Array(0);
        return (_list, start, end) => values[placeOf(position, start, end)] ?? Number.NaN;
      },
    }),

  /** The string at a position, 0 for the first and -1 for the last; null if there is none. */
  itemText: <const C extends string>(
    column: C,
    position: number,
  ): Expression<StringListRead<C>, 'string'> => {
    const expression: Expression<StringListRead<C>, 'string'> = {
      kind: 'string',
      reads: [stringListColumn(column)],
      text: `lists.itemText(${column}, ${position})`,
      open(where) {
        let codes = new Int32Array(0);
        return (batch) => {
          if (codes.length < batch.size) codes = new Int32Array(batch.size);
          const { starts, ends, items } = listAt(batch, column, where);
          if (items.kind !== 'string')
            throw new MillraceError('TOPOLOGY_INVALID', `'${column}' has lists of numbers`, { where });
          for (const row of batch.rows) {
            const item = placeOf(position, starts[row] as number, ends[row] as number);
            codes[row] = item < 0 ? NULL_CODE : (items.codes[item] as number);
          }
          return { kind: 'string', codes, dictionary: items.dictionary };
        };
      },
    };
    const problems = [...nameProblems(column), ...checkedPosition(position)].map(
      (what) => ['', what] as const,
    );
    return defined(expression, { given: {}, problems });
  },

  /** The sum of the items that are not null; 0 of an empty list. */
  sum: <const C extends string>(column: C): Expression<NumberListRead<C>, 'number'> =>
    folded(
      'lists.sum',
      column,
      0,
      (so, value) => so + value,
      (so) => so,
    ),

  /** The least item; null if there is none that is not null. */
  min: <const C extends string>(column: C): Expression<NumberListRead<C>, 'number'> =>
    folded('lists.min', column, Number.POSITIVE_INFINITY, Math.min, orNull),

  /** The greatest item; null if there is none that is not null. */
  max: <const C extends string>(column: C): Expression<NumberListRead<C>, 'number'> =>
    folded('lists.max', column, Number.NEGATIVE_INFINITY, Math.max, orNull),

  /** The mean of the items that are not null; null if there is none. */
  mean: <const C extends string>(column: C): Expression<NumberListRead<C>, 'number'> =>
    folded(
      'lists.mean',
      column,
      0,
      (so, value) => so + value,
      (so, count) => (count === 0 ? Number.NaN : so / count),
    ),
};
