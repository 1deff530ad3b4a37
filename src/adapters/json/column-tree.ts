// Declared columns as the tree of JSON objects that they are in (control path, once per source).
import type { Columns } from '../../core/columns.ts';
import { MillraceError } from '../../core/errors.ts';
import { JSON_PATH_NAMES_MAX } from '../../core/event-limits.ts';
import { listNameProblem, type ListPath } from '../../core/list-path.ts';
import { MapKeys } from '../../core/map-keys.ts';
import { placedColumns, type PlacedColumn } from '../shared/placed-columns.ts';
import { ByteNames } from './byte-names.ts';

export interface ColumnPlan extends Omit<PlacedColumn, 'list'> {
  /** Of a column of lists; null for others. */
  readonly list: ListPlan | null;
}

export interface ListPlan {
  readonly part: ListPath['part'];
  /** The column as that of an item, with the path from there. */
  readonly item: ColumnPlan;
}

/** An object, or a list, that columns are in. */
export interface ObjectNode {
  /** Of the members that are columns or have columns in them. */
  readonly names: ByteNames;
  /** By member: its column, or -1 - its position in `objects`. */
  readonly members: Int32Array;
  readonly objects: readonly ObjectNode[];
  /** All columns in it, however deep. */
  readonly columns: Int32Array;
  /** By member + 1: the member that followed it last, 0 is the first of an object. Producers write members in one order. */
  readonly followers: Int32Array;
  /** Of a list, by position: the member, -1 if nothing is read of it. */
  readonly items: Int32Array;
  /** The member that is the length of a list; -1 if there is none. */
  readonly length: number;
  /** The columns of its items, if it is a list; null if there are none. */
  readonly list: ListNode | null;
  /** The columns of its keys and values, if it is an object; null if there are none. */
  readonly map: ListNode | null;
}

/** A list, or a map, of which columns have all items. */
export interface ListNode {
  /** Of the record: those that the list has. */
  readonly columns: Int32Array;
  /** The same as columns of an item. */
  readonly plans: readonly ColumnPlan[];
  /** What an item is; null for one that is a value itself, or of which nothing is read. */
  readonly item: ObjectNode | null;
  /** The column of an item that it is itself; -1 if it is none. */
  readonly value: number;
  /** Of a map: the column of its keys; -1 if there is none. */
  readonly key: number;
  readonly keys: MapKeys;
}

/** The columns in the order in which they are declared. @throws SCHEMA_INVALID for names that no member can have */
export function planColumns(columns: Columns, where: string): ColumnPlan[] {
  return placedColumns(columns).map((placed) => {
    const { name, path, list } = placed;
    const names = path.length + (list === null ? 0 : list.inner.length);
    if (names > JSON_PATH_NAMES_MAX || !name.isWellFormed())
      throw refused(`'${name}' is no path of member names`, where);
    if (list === null) return { ...placed, list };
    const problem = listNameProblem(name);
    if (problem !== null) throw refused(`'${name}': ${problem}`, where);
    const { part, inner, isNullable } = list;
    return { ...placed, list: { part, item: { ...placed, path: inner, isNullable, list: null } } };
  });
}

/** @throws SCHEMA_INVALID if a column is in another one */
export function objectTree(plans: readonly ColumnPlan[], where: string): ObjectNode {
  return treeOf(
    plans.map((plan, column) => ({ column, plan })),
    where,
    0,
  );
}

/** A longer number is a key alone. */
const POSITION = /^(?:0|[1-9]\d{0,3})$/;
const LENGTH = 'length';

type Placed = { readonly column: number; readonly plan: ColumnPlan };

function treeOf(placed: readonly Placed[], where: string, depth: number): ObjectNode {
  const [lists, inner] = parted(placed, ({ plan }) => plan.path.length === depth);
  const [maps, arrays] = parted(lists, ({ plan }) => plan.list?.part !== 'items');
  const byName = Map.groupBy(inner, ({ plan }) => plan.path[depth] as string); // shorter ones are leaves, or lists
  const objects: ObjectNode[] = [];
  const members = [...byName.values()].map((list) => {
    const leaf = list.find(({ plan }) => plan.path.length === depth + 1 && plan.list === null);
    if (leaf === undefined) return -objects.push(treeOf(list, where, depth + 1));
    const other = list.find((one) => one !== leaf);
    if (other === undefined) return leaf.column;
    throw refused(`'${leaf.plan.name}' is a column, and '${other.plan.name}' would be in it`, where);
  });
  const names = [...byName.keys()];
  return {
    names: new ByteNames(names),
    members: Int32Array.from(members),
    objects,
    columns: Int32Array.from(placed, ({ column }) => column),
    followers: new Int32Array(members.length + 1),
    items: itemsOf(names),
    length: names.findIndex((name, member) => name === LENGTH && (members[member] as number) >= 0),
    list: listNode(arrays, where),
    map: listNode(maps, where),
  };
}

function listNode(placed: readonly Placed[], where: string): ListNode | null {
  if (placed.length === 0) return null;
  const plans = placed.map(({ plan: { list } }) => list as ListPlan); // those of lists are given
  const key = plans.findIndex(({ part }) => part === 'keys');
  const items = plans.flatMap(({ part, item }, column) => (part === 'keys' ? [] : [{ plan: item, column }]));
  const [[value, ...others], inner] = parted(items, ({ plan }) => plan.path.length === 0);
  const other = others[0] ?? inner[0];
  if (value !== undefined && other !== undefined)
    throw refused(`'${value.plan.name}' is a column, and '${other.plan.name}' would be in it`, where);
  return {
    columns: Int32Array.from(placed, ({ column }) => column),
    plans: plans.map(({ item }) => item),
    item: inner.length === 0 ? null : treeOf(inner, where, 0),
    value: value?.column ?? -1,
    key,
    keys: new MapKeys(),
  };
}

function parted<T>(all: readonly T[], isOne: (one: T) => boolean): [T[], T[]] {
  return [all.filter(isOne), all.filter((one) => !isOne(one))];
}

/** Names that may be positions in a list: `items.0`. */
function itemsOf(names: readonly string[]): Int32Array {
  const positions = names.map((name) => (POSITION.test(name) ? Number(name) : -1));
  const items = new Int32Array(Math.max(0, ...positions.map((position) => position + 1))).fill(-1);
  for (const [member, position] of positions.entries()) if (position >= 0) items[position] = member;
  return items;
}

function refused(what: string, where: string): MillraceError {
  return new MillraceError('SCHEMA_INVALID', `the columns cannot be read from JSON: ${what}`, {
    where,
    remedy:
      "Name a member of the object, or what is in it by its path: 'after.amount', 'items.0.price', 'items.length'.",
  });
}
