// An Avro record schema as flat columns (control path, once per schema).
import avro from 'avsc';
import { MillraceError } from '../../core/errors.ts';
import type { ColumnSpec, Schema } from '../../core/schema.ts';

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
}

/** Fields in the order of their bytes. Throws SCHEMA_INVALID for types without a column: unions, bytes, arrays, maps. */
export function planColumns(type: avro.Type, subject: string): FieldPlan[] {
  const fields = flatten(type, [], subject);
  if (fields.length === 0) throw refused(subject, 'it is not a record with fields');
  return fields;
}

/** The engine's view of the planned columns. */
export function schemaOf(fields: readonly FieldPlan[]): Schema {
  return Object.fromEntries(fields.map(({ name, spec }) => [name, spec]));
}

function flatten(type: avro.Type, path: readonly string[], subject: string): FieldPlan[] {
  if (!avro.Type.isType(type, 'record'))
    throw refused(subject, `its top type is ${type.typeName}, not a record`);
  const record = type as avro.types.RecordType; // checked right above
  return record.fields.flatMap((field) => {
    const at = [...path, field.name];
    return avro.Type.isType(field.type, 'record')
      ? flatten(field.type, at, subject)
      : [planField(field.type, at, subject)];
  });
}

function planField(type: avro.Type, path: readonly string[], subject: string): FieldPlan {
  const name = path.join('.');
  let inner = type;
  let nullBranch = -1;
  if (avro.Type.isType(type, 'union')) {
    const branches = (type as avro.types.UnwrappedUnionType | avro.types.WrappedUnionType).types;
    nullBranch = branches.findIndex((branch) => branch.typeName === 'null');
    const value = branches[1 - nullBranch];
    if (branches.length !== 2 || nullBranch < 0 || value === undefined) {
      throw refused(subject, `field ${name} is not a union of null and one other type`);
    }
    inner = value;
  }
  const op = OP_OF[inner.typeName];
  if (op === undefined)
    throw refused(subject, `field ${name} is of type ${inner.typeName}, which has no column`);
  const symbols = op === OP_ENUM ? (inner as avro.types.EnumType).symbols : [];
  const kind = op === OP_STRING || op === OP_ENUM ? 'string' : 'number';
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
  };
}

function refused(subject: string, why: string): MillraceError {
  return new MillraceError('SCHEMA_INVALID', `the schema cannot be read into columns: ${why}`, {
    where: subject,
    remedy:
      'Use records of long, int, double, float, boolean, string, enum, their unions with null, and nested records.',
  });
}
