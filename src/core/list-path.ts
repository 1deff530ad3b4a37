// Where the lists of a column are in an event (control path): `tags` or `tags[]`, the items of a list; `items[].price`, what
// each item has there; `attrs.keys()` and `attrs.values()`, the keys and values of a map, in the same order.
import { isListKind, type Schema } from './schema.ts';

export interface ListPath {
  /** The names that lead to the list or map. */
  readonly outer: readonly string[];
  readonly part: 'items' | 'keys' | 'values';
  /** The names that lead on from each of its items or values. */
  readonly inner: readonly string[];
}

const ITEMS = '[]';
const KEYS = '.keys()';
const VALUES = '.values()';
const MARKS = [
  [ITEMS, 'items'],
  [KEYS, 'keys'],
  [VALUES, 'values'],
] as const;

/** Whether a name leads into a list: only a column of lists has such a name. */
export function leadsIntoList(name: string): boolean {
  return firstMark(name) !== null;
}

function firstMark(name: string): readonly [at: number, mark: string, part: ListPath['part']] | null {
  const found = MARKS.map(([mark, part]) => [name.indexOf(mark), mark, part] as const).filter(
    ([at, mark]) => at > 0 && (at + mark.length === name.length || name[at + mark.length] === '.'),
  );
  return found.toSorted((one, other) => one[0] - other[0])[0] ?? null;
}

/** The path of a column of lists. Without a mark in its name, it is that of a list of values. */
export function listPath(name: string): ListPath {
  const found = firstMark(name);
  if (found === null) return { outer: name.split('.'), part: 'items', inner: [] };
  const [at, mark, part] = found;
  const rest = name.slice(at + mark.length + 1);
  return { outer: name.slice(0, at).split('.'), part, inner: rest === '' ? [] : rest.split('.') };
}

/** What is wrong with the name of a column of lists, as a clause; null if nothing is. */
export function listNameProblem(name: string): string | null {
  const { part, inner } = listPath(name);
  if (part === 'keys' && inner.length > 0) return 'there is nothing in the keys of a map';
  const isNested = (one: string): boolean => one === '' || /[[\]]/.test(one);
  return leadsIntoList(`_.${inner.join('.')}`) || inner.some(isNested)
    ? 'a list in the items of a list has no column'
    : null;
}

/** Equal for columns whose lists come from one list, or one map, of the events. */
export function listKey(name: string): string {
  const { outer, part } = listPath(name);
  return outer.join('.') + (part === 'items' ? ITEMS : '{}');
}

/** The columns whose lists come from one list, or one map, of the events. */
export interface ListGroup {
  readonly key: string;
  /** By their positions in the schema, ascending. */
  readonly columns: readonly number[];
}

/** In the order of their first columns. */
export function listGroups(schema: Schema): ListGroup[] {
  const lists = Object.entries(schema).flatMap(([name, { kind }], column) =>
    isListKind(kind) ? [{ key: listKey(name), column }] : [],
  );
  return [...Map.groupBy(lists, ({ key }) => key)].map(([key, list]) => ({
    key,
    columns: list.map(({ column }) => column),
  }));
}
