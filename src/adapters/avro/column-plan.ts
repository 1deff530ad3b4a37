// An Avro record schema as flat columns (control path, once per schema).
import type { EpochUnit } from '../../core/columns.ts';
import { MillraceError } from '../../core/errors.ts';
import { AVRO_SCHEMA_DEPTH_MAX, AVRO_SCHEMA_NODES_MAX } from '../../core/event-limits.ts';
import type { ListPath } from '../../core/list-path.ts';
import type { ColumnSpec, ScalarKind, Schema } from '../../core/schema.ts';
import { shortName, type ArrayNode, type MapNode, type SchemaNode } from './schema-node.ts';
import { isTimeOfDay, unitOf, type TimeUnit } from './time-units.ts';

/** How to read the bytes of a field. */
export const OP_LONG = 0;
export const OP_INT = 1;
export const OP_DOUBLE = 2;
export const OP_FLOAT = 3;
export const OP_BOOLEAN = 4;
export const OP_STRING = 5;
export const OP_ENUM = 6;
export const OP_NULL = 7;
/** From here on, what a column has is not what the bytes have. */
export const OP_INT64 = 20;
/** Base64. */
export const OP_BYTES = 21;
/** Text, of 16 bytes. */
export const OP_UUID = 22;
/** The nearest number. */
export const OP_DECIMAL = 23;
/** The integer of the smallest unit. */
export const OP_SCALED = 24;
/** Of an array. */
export const OP_LENGTH = 25;
/** Months, days or milliseconds. */
export const OP_DURATION_PART = 26;

const OP_OF: Readonly<Record<string, number>> = {
  long: OP_LONG,
  int: OP_INT,
  double: OP_DOUBLE,
  float: OP_FLOAT,
  boolean: OP_BOOLEAN,
  string: OP_STRING,
  enum: OP_ENUM,
  null: OP_NULL,
};

const TEXT_OPS: ReadonlySet<number> = new Set([OP_STRING, OP_ENUM, OP_INT64, OP_BYTES, OP_UUID]);

/** The name, in a path, of how many items an array has. */
export const LENGTH = 'length';
/** The parts of a duration, in the order of their bytes. */
export const DURATION_PARTS = ['months', 'days', 'millis'] as const;

export interface FieldPlan {
  /** Dotted for a field of a nested record. */
  readonly name: string;
  /** Of a column of lists: that of the list. */
  readonly path: readonly string[];
  /** Of a column of lists: that of its items. */
  readonly op: number;
  /** The null branch of a union, 0 or 1; -1 for a field that is not a union. */
  readonly nullBranch: number;
  /** The symbols of an enum in order; empty for other types. */
  readonly symbols: readonly string[];
  readonly spec: ColumnSpec;
  /** Of a scaled number, the digits behind the point; of a decimal field, its scale. */
  readonly digits: number;
  /** Of its logical type; null without one of time. */
  readonly unit: TimeUnit | null;
  /** The unit of the column: that of its logical type but for the event time, which is in milliseconds. */
  readonly columnUnit: TimeUnit | null;
  /** Of a column that declares what its numbers count; null for others. */
  readonly epochUnit: EpochUnit | null;
  /** Integers of any size are read, as the range of event times has a code of its own. */
  readonly isEventTime: boolean;
  /** Of a column of lists; null for others. */
  readonly list: ListPlan | null;
}

export interface ListPlan {
  readonly part: ListPath['part'];
  /** The column as that of an item: its name is the path from there. */
  readonly item: FieldPlan;
}

/**
 * Fields in the order of their bytes. A record that may be null has columns that may be. A union of several types has
 * columns for each, by the name of the type: `value.string`. Of an array there are its items and its length, of a map its keys
 * and values; of a list in a list there is nothing.
 * @param eventTime the column that holds the event time; null if there is none
 * @throws SCHEMA_INVALID for a schema without a column; TOPOLOGY_INVALID for an event time that is no instant
 */
export function planColumns(node: SchemaNode, subject: string, eventTime: string | null = null): FieldPlan[] {
  if (node.type !== 'record') throw refused(subject, `its top type is ${node.type}, not a record`);
  const fields = new Planner(subject, eventTime).plan(node, [], false);
  if (fields.length === 0) throw refused(subject, 'it is not a record with fields that have columns');
  return fields;
}

/** The columns of a list, or a map, whose items `plan` has: they are named by the path to them. */
function listsOf(
  outer: readonly string[],
  part: ListPath['part'],
  items: readonly FieldPlan[],
  isNullable: boolean,
): FieldPlan[] {
  const list = outer.join('.');
  const mark = { items: '[]', keys: '.keys()', values: '.values()' }[part];
  return items.map((item) => {
    const { kind, nullable: nullableItems, symbols } = item.spec;
    const isPlain = part === 'items' && item.path.length === 0;
    return {
      ...item,
      name: isPlain ? list : [list + mark, ...item.path].join('.'),
      path: outer,
      nullBranch: -1,
      spec: {
        kind: `${kind as ScalarKind}[]`, // a list in a list has no column
        nullable: isNullable,
        ...(symbols === undefined ? {} : { symbols }),
        ...(nullableItems && { nullableItems }),
      },
      list: { part, item },
    };
  });
}

/** The engine's view of the planned columns. */
export function schemaOf(fields: readonly FieldPlan[]): Schema {
  return Object.fromEntries(fields.map(({ name, spec }) => [name, spec]));
}

/** The name of a union's branch in a path. */
export function branchName(branch: SchemaNode): string {
  return 'name' in branch ? shortName(branch.name) : branch.type;
}

/** The branches of a union that have values. */
export function valueBranches(branches: readonly SchemaNode[]): SchemaNode[] {
  return branches.filter(({ type }) => type !== 'null');
}

/** The op of a field of this type; undefined if it has no column of its own. */
export function fieldOp(node: SchemaNode): number | undefined {
  if (node.type === 'bytes' || node.type === 'fixed') {
    if (node.scale !== null) return OP_DECIMAL;
    return isUuid(node) ? OP_UUID : OP_BYTES;
  }
  return OP_OF[node.type];
}

export function isUuid(node: SchemaNode): boolean {
  return node.type === 'fixed' && node.size === 16 && node.logicalType === 'uuid';
}

export function isDuration(node: SchemaNode): boolean {
  return node.type === 'fixed' && node.size === 12 && node.logicalType === 'duration';
}

class Planner {
  readonly #subject: string;
  readonly #eventTime: string | null;
  /** Records around the field at hand. */
  readonly #around = new Set<SchemaNode>();
  #fieldsLeft = AVRO_SCHEMA_NODES_MAX;
  #inList = false;

  constructor(subject: string, eventTime: string | null) {
    this.#subject = subject;
    this.#eventTime = eventTime;
  }

  plan(node: SchemaNode, path: readonly string[], isNullable: boolean): FieldPlan[] {
    if (--this.#fieldsLeft < 0) throw refused(this.#subject, 'it has too many fields');
    if (path.length > AVRO_SCHEMA_DEPTH_MAX) throw refused(this.#subject, 'it is nested too deeply');
    if (node.type === 'record') {
      // What is left out is the tail of a list, or the branches of a tree.
      if (this.#around.has(node)) return [];
      this.#around.add(node);
      const fields = node.fields.flatMap(({ name, type }) => this.plan(type, [...path, name], isNullable));
      this.#around.delete(node);
      return fields;
    }
    if (node.type === 'union') return this.#union(node.branches, path, isNullable);
    if (node.type === 'array') return this.#array(node, path, isNullable);
    if (node.type === 'map') return this.#map(node, path, isNullable);
    if (isDuration(node))
      return DURATION_PARTS.map((part) => this.#field(node, [...path, part], OP_DURATION_PART, isNullable));
    return [this.#field(node, path, fieldOp(node) as number, isNullable)]; // what is left has one
  }

  #array({ items }: ArrayNode, path: readonly string[], isNullable: boolean): FieldPlan[] {
    const length = this.#inList ? [] : [this.#field(LENGTH_NODE, [...path, LENGTH], OP_LENGTH, isNullable)];
    return [...listsOf(path, 'items', this.#items(items), isNullable), ...length];
  }

  #map({ values }: MapNode, path: readonly string[], isNullable: boolean): FieldPlan[] {
    if (this.#inList) return [];
    const keys = this.#field(KEY_NODE, [], OP_STRING, false);
    return [
      ...listsOf(path, 'keys', [keys], isNullable),
      ...listsOf(path, 'values', this.#items(values), isNullable),
    ];
  }

  /** What there is in each item, by the paths from there. */
  #items(node: SchemaNode): FieldPlan[] {
    if (this.#inList) return [];
    this.#inList = true;
    const fields = this.plan(node, [], false);
    this.#inList = false;
    return fields;
  }

  #union(branches: readonly SchemaNode[], path: readonly string[], isNullable: boolean): FieldPlan[] {
    const values = valueBranches(branches);
    const [only] = values;
    if (only === undefined) return [this.#field(NULL_NODE, path, OP_NULL, true)];
    if (values.length > 1)
      return values.flatMap((branch) => this.plan(branch, [...path, branchName(branch)], true));
    const fields = this.plan(only, path, isNullable || branches.length > 1);
    const nullBranch = branches.findIndex(({ type }) => type === 'null');
    const [field] = fields;
    return field?.path.length === path.length && nullBranch >= 0 ? [{ ...field, nullBranch }] : fields;
  }

  #field(node: SchemaNode, path: readonly string[], op: number, isNullable: boolean): FieldPlan {
    const name = path.join('.');
    const symbols = node.type === 'enum' ? node.symbols : [];
    const unit = unitOf(node);
    const isEventTime = name === this.#eventTime;
    if (isEventTime && (isTimeOfDay(unit) || op === OP_BOOLEAN)) throw noInstant(this.#subject, name, node);
    return {
      name,
      path,
      op,
      nullBranch: -1,
      symbols,
      spec: {
        kind: TEXT_OPS.has(op) ? 'string' : 'number',
        nullable: isNullable || op === OP_NULL,
        ...(op === OP_ENUM ? { symbols } : {}),
      },
      digits: 'scale' in node ? (node.scale ?? 0) : 0,
      unit,
      columnUnit: isEventTime ? 'ms' : unit,
      epochUnit: null,
      isEventTime,
      list: null,
    };
  }
}

const KEY_NODE: SchemaNode = { type: 'string', logicalType: null, scale: null };
const LENGTH_NODE: SchemaNode = { type: 'long', logicalType: null, scale: null };
const NULL_NODE: SchemaNode = { type: 'null', logicalType: null, scale: null };

function noInstant(subject: string, name: string, { type }: SchemaNode): MillraceError {
  const what = type === 'boolean' ? 'a boolean' : 'a time of day';
  return new MillraceError('TOPOLOGY_INVALID', `the event time ${name} is ${what}, which is no instant`, {
    where: subject,
    remedy:
      'Name a field of logical type timestamp-millis, -micros or -nanos, local-timestamp-millis, -micros or -nanos, or date, or of milliseconds since 1970.',
  });
}

export function refused(subject: string, why: string): MillraceError {
  return new MillraceError('SCHEMA_INVALID', `the schema cannot be read into columns: ${why}`, {
    where: subject,
    remedy: 'Use a record with fields that hold values.',
  });
}
