// Declared columns as the tree of JSON objects that they are in (control path, once per source).
import {
  requiredType,
  type ColumnEncoding,
  type Columns,
  type RequiredTypeName,
} from '../../core/columns.ts';
import { MillraceError } from '../../core/errors.ts';
import { JSON_PATH_NAMES_MAX } from '../../core/limits.ts';
import { ByteNames } from './byte-names.ts';

export interface ColumnPlan {
  /** Dotted for a member of a nested object. */
  readonly name: string;
  readonly path: readonly string[];
  readonly type: RequiredTypeName;
  readonly isNullable: boolean;
  /** The symbols of an enum in order; empty for other types. */
  readonly symbols: readonly string[];
  /** Of a scaled number: the digits behind the point. */
  readonly digits: number;
  /** How Kafka Connect writes it; null for what JSON shows. */
  readonly encoding: ColumnEncoding | null;
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
}

/** The columns in the order in which they are declared. @throws SCHEMA_INVALID for names that no member can have */
export function planColumns(columns: Columns, where: string): ColumnPlan[] {
  return Object.entries(columns).map(([name, column]) => {
    const path = name.split('.');
    if (path.length > JSON_PATH_NAMES_MAX || !name.isWellFormed())
      throw refused(`'${name}' is no path of member names`, where);
    const type = requiredType(column);
    const { symbols = [], digits = 0, encoding = null } = column;
    return { name, path, type, isNullable: type !== column.type, symbols, digits, encoding };
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
  const byName = Map.groupBy(placed, ({ plan }) => plan.path[depth] as string); // shorter ones are leaves
  const objects: ObjectNode[] = [];
  const members = [...byName.values()].map((list) => {
    const leaf = list.find(({ plan }) => plan.path.length === depth + 1);
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
  };
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
