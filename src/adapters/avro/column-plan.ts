// An Avro record schema as flat columns (control path, once per schema).
import { MillraceError } from '../../core/errors.ts';
import { AVRO_SCHEMA_DEPTH_MAX } from '../../core/limits.ts';
import type { ColumnSpec, Schema } from '../../core/schema.ts';
import type { SchemaNode } from './schema-node.ts';
import { unitOf, type TimeUnit } from './time-units.ts';

/** How to read the bytes of a field. */
export const OP_LONG = 0;
export const OP_INT = 1;
export const OP_DOUBLE = 2;
export const OP_FLOAT = 3;
export const OP_BOOLEAN = 4;
export const OP_STRING = 5;
export const OP_ENUM = 6;
export const OP_NULL = 7;

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

export interface FieldPlan {
  /** Dotted for a field of a nested record. */
  readonly name: string;
  readonly path: readonly string[];
  readonly op: number;
  /** The null branch of a union, 0 or 1; -1 for a field that is not a union. */
  readonly nullBranch: number;
  /** The symbols of an enum in order; empty for other types. */
  readonly symbols: readonly string[];
  readonly spec: ColumnSpec;
  /** Of its logical type; null without one of time. */
  readonly unit: TimeUnit | null;
  /** The unit of the column: that of its logical type but for the event time, which is in milliseconds. */
  readonly columnUnit: TimeUnit | null;
  /** Integers of any size are read, as the range of event times has a code of its own. */
  readonly isEventTime: boolean;
}

/**
 * Fields in the order of their bytes.
 * @param eventTime the column that holds the event time; null if there is none
 * @throws SCHEMA_INVALID for types without a column: unions, bytes, arrays, maps; TOPOLOGY_INVALID for an event time that is
 * no instant
 */
export function planColumns(node: SchemaNode, subject: string, eventTime: string | null = null): FieldPlan[] {
  const fields = flatten(node, [], subject, eventTime);
  if (fields.length === 0) throw refused(subject, 'it is not a record with fields');
  return fields;
}

/** The engine's view of the planned columns. */
export function schemaOf(fields: readonly FieldPlan[]): Schema {
  return Object.fromEntries(fields.map(({ name, spec }) => [name, spec]));
}

function flatten(
  node: SchemaNode,
  path: readonly string[],
  subject: string,
  eventTime: string | null,
): FieldPlan[] {
  if (node.type !== 'record') throw refused(subject, `its top type is ${node.type}, not a record`);
  if (path.length > AVRO_SCHEMA_DEPTH_MAX) throw refused(subject, `${node.name} contains itself`);
  return node.fields.flatMap((field) => {
    const at = [...path, field.name];
    return field.type.type === 'record'
      ? flatten(field.type, at, subject, eventTime)
      : [planField(field.type, at, subject, eventTime)];
  });
}

function planField(
  node: SchemaNode,
  path: readonly string[],
  subject: string,
  eventTime: string | null,
): FieldPlan {
  const name = path.join('.');
  let inner = node;
  let nullBranch = -1;
  if (node.type === 'union') {
    const { branches } = node;
    nullBranch = branches.findIndex(({ type }) => type === 'null');
    const value = branches[1 - nullBranch];
    if (branches.length !== 2 || nullBranch < 0 || value === undefined) {
      throw refused(subject, `field ${name} is not a union of null and one other type`);
    }
    inner = value;
  }
  const op = OP_OF[inner.type];
  if (op === undefined) throw refused(subject, `field ${name} is of type ${inner.type}, which has no column`);
  const symbols = inner.type === 'enum' ? inner.symbols : [];
  const kind = op === OP_STRING || op === OP_ENUM ? 'string' : 'number';
  const unit = unitOf(inner);
  if (name === eventTime && (unit === 'day-time' || op === OP_BOOLEAN)) throw noInstant(subject, name, inner);
  return {
    name,
    path,
    op,
    nullBranch,
    symbols,
    spec: {
      kind,
      nullable: nullBranch >= 0 || op === OP_NULL,
      ...(op === OP_ENUM ? { symbols } : {}),
    },
    unit,
    columnUnit: name === eventTime ? 'ms' : unit,
    isEventTime: name === eventTime,
  };
}

function noInstant(subject: string, name: string, { type }: SchemaNode): MillraceError {
  const what = type === 'boolean' ? 'a boolean' : 'a time of day';
  return new MillraceError('TOPOLOGY_INVALID', `the event time ${name} is ${what}, which is no instant`, {
    where: subject,
    remedy:
      'Name a field of logical type timestamp-millis, -micros or -nanos, local-timestamp-millis, -micros or -nanos, or date, or of milliseconds since 1970.',
  });
}

function refused(subject: string, why: string): MillraceError {
  return new MillraceError('SCHEMA_INVALID', `the schema cannot be read into columns: ${why}`, {
    where: subject,
    remedy:
      'Use records of long, int, double, float, boolean, string, enum, their unions with null, and nested records.',
  });
}
