// The .proto text of declared columns (control path): what a source without a descriptor is written with. The same columns
// give the same text; the fields have the numbers of their columns, so that a column added at the end is compatible.
import { requiredType, type ColumnType, type Columns, type RequiredTypeName } from '../../core/columns.ts';
import { MillraceError } from '../../core/errors.ts';

/** Symbols are text: an enum of Protobuf has a value for what is not set, and shares its names with the others. */
const TYPES: Readonly<Record<RequiredTypeName, string>> = {
  int64: 'string',
  bytes: 'bytes',
  decimal: 'double',
  scaled: 'string',
  string: 'string',
  enum: 'string',
  double: 'double',
  float: 'float',
  int: 'int32',
  long: 'int64',
  boolean: 'bool',
  timestamp: 'google.protobuf.Timestamp',
};

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

type Fields = Map<string, readonly [type: string, number: number] | Fields>;

/** @throws SCHEMA_INVALID for columns that no message can have */
export function protoOf(topic: string, columns: Columns): string {
  const fields: Fields = new Map();
  for (const [index, [name, column]] of Object.entries(columns).entries()) {
    place(fields, name, [typeText(column), index + 1], `source ${topic}`);
  }
  const imports = Object.values(columns).some(({ type }) => type.startsWith('timestamp'))
    ? 'import "google/protobuf/timestamp.proto";\n'
    : '';
  const name = pascal(topic);
  return `syntax = "proto3";\n${imports}message ${/^[A-Za-z]/.test(name) ? name : `M${name}`} {\n${bodyOf(fields, '  ')}}\n`;
}

function typeText(column: ColumnType): string {
  const required = requiredType(column);
  return required === column.type || required === 'timestamp'
    ? TYPES[required]
    : `optional ${TYPES[required]}`;
}

function place(fields: Fields, column: string, leaf: readonly [string, number], where: string): void {
  let into = fields;
  const path = column.split('.');
  for (const [depth, name] of path.entries()) {
    const there = into.get(name);
    const isLeaf = depth === path.length - 1;
    if (!NAME.test(name) || (there !== undefined && (isLeaf || !(there instanceof Map)))) {
      throw new MillraceError('SCHEMA_INVALID', `no message can have the column '${column}'`, {
        where,
        remedy:
          'Name a field, or one of a nested message by its path, after.amount; or give protobuf() a descriptor.',
      });
    }
    if (isLeaf) into.set(name, leaf);
    else {
      const inner: Fields = there instanceof Map ? there : new Map();
      into.set(name, inner);
      into = inner;
    }
  }
}

/** A nested message has the number of its first column. */
function bodyOf(fields: Fields, indent: string): string {
  let text = '';
  for (const [name, field] of fields) {
    if (field instanceof Map) {
      const type = `${pascal(name)}Message`;
      text += `${indent}message ${type} {\n${bodyOf(field, `${indent}  `)}${indent}}\n`;
      text += `${indent}${type} ${name} = ${firstNumber(field)};\n`;
    } else text += `${indent}${field[0]} ${name} = ${field[1]};\n`;
  }
  return text;
}

function firstNumber(fields: Fields): number {
  const [first] = fields.values();
  return first instanceof Map ? firstNumber(first) : (first?.[1] ?? 1);
}

/** `late-orders.v2` as the name of a message: LateOrdersV2. */
function pascal(name: string): string {
  const words = name.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}
