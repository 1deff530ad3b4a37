// How the fields of a message become columns (control path): what ProtobufReader goes by.
import type { EpochUnit, ScalarTypeName } from '../../core/columns.ts';
import { OP_NOTHING } from './field-ops.ts';

export interface ColumnPlan {
  /** Dotted for a field of a nested message. */
  readonly name: string;
  readonly type: ScalarTypeName;
  /** Of a timestamp that declares it: what its number counts; null for others. */
  readonly unit: EpochUnit | null;
  readonly isNullable: boolean;
  /** What it is while its field is not set, if its message is; null: no value. */
  readonly fallback: string | number | null;
  /** Whether it has lists: an empty one while no item is there, if its message is. */
  readonly isList: boolean;
  /** Position in `nodes` of the message that it is in; -1 for a column that the message has no field for. */
  readonly node: number;
}

export interface FieldPlan {
  readonly number: number;
  readonly wire: number;
  readonly op: number;
  readonly check: number;
  /** Behind the point, of a scaled column. */
  readonly digits: number;
  /** Of a timestamp that declares it: what its number counts; null for others. */
  readonly unit: EpochUnit | null;
  /** -1 for none; the node's id for the parts of a Timestamp or Duration. */
  readonly column: number;
  /** Of a nested message. */
  readonly node: MessageNode | null;
  /** By the number of an enum's value: its symbol's code, and its name; null for other types. */
  readonly codes: ReadonlyMap<number, number> | null;
  readonly names: ReadonlyMap<number, string> | null;
  /** Of an enum that is open: other numbers are values as well, of which a column of symbols has none. */
  readonly isOpen: boolean;
  /** Of a repeated field, or a map; null for others. */
  readonly list: ListField | null;
  /** The other members of its oneof, which it unsets; null for a field that is in none. */
  readonly unsets: { readonly columns: readonly number[]; readonly nodes: readonly number[] } | null;
}

/** A repeated field, or a map, whose items columns have. */
export interface ListField {
  /** Of the record: those that the list has. */
  readonly columns: readonly number[];
  readonly name: string;
  /** How an item becomes the columns of a list: the fields of its message, or of an entry. */
  readonly plan: MessagePlan;
  /** Of items that are no messages: the field that an item is. */
  readonly value: FieldPlan | null;
  /** Of entries whose values are messages: that of the value, which is there in any case; null for others. */
  readonly valueNode: MessageNode | null;
  /** Of a map: whether its keys are integers of 32 bits, whose bits above say nothing. */
  readonly hasNarrowKeys: boolean;
  readonly hasTextKeys: boolean;
  /** The column of an item that is the value of a closed enum; -1 if there is none. */
  readonly closedColumn: number;
}

/** A message that columns are in. */
export interface MessageNode {
  readonly id: number;
  /** By tag, for tags of one byte; null for fields that are skipped. */
  readonly dense: ReadonlyArray<FieldPlan | null>;
  /** By tag, for the others. */
  readonly sparse: ReadonlyMap<number, FieldPlan>;
  /** The column that a Timestamp or Duration is; -1 for other messages. */
  readonly timeColumn: number;
  /** How its milliseconds must fit the column. */
  readonly timeCheck: number;
}

export interface MessagePlan {
  readonly root: MessageNode;
  readonly nodeCount: number;
  readonly columns: readonly ColumnPlan[];
}

/** A field that is none of the columns. */
export const BARE: FieldPlan = {
  number: 0,
  wire: 0,
  op: OP_NOTHING,
  check: 0,
  digits: 0,
  unit: null,
  column: -1,
  node: null,
  codes: null,
  names: null,
  isOpen: false,
  list: null,
  unsets: null,
};

/** Tags that are looked up in an array: those of one byte, with which the numbers up to 15 are written. */
const DENSE_TAGS = 128;

export function messageNode(
  id: number,
  fields: ReadonlyMap<number, FieldPlan>,
  timeColumn = -1,
  timeCheck = 0,
): MessageNode {
  const tags = new Map([...fields.values()].map((field) => [field.number * 8 + field.wire, field]));
  const dense = Array.from({ length: DENSE_TAGS }, (_, tag) => tags.get(tag) ?? null);
  const sparse = new Map([...tags].filter(([tag]) => tag >= DENSE_TAGS));
  return { id, dense, sparse, timeColumn, timeCheck };
}
