// The .proto text of declared columns (control path): what a source without a descriptor is written with. The same columns
// give the same text; the fields have the numbers of their columns, so that a column added at the end is compatible.
import {
  itemType,
  requiredType,
  scalarType,
  type ColumnType,
  type Columns,
  type ScalarTypeName,
} from '../../core/columns.ts';
import { MillraceError } from '../../core/errors.ts';
import { listPath } from '../../core/list-path.ts';

/** Of instants, Timestamp, or what a declared unit is a number of. Symbols are text: an enum of Protobuf has a value for what is not set, and shares its names with the others. */
const TYPES: Readonly<Record<ScalarTypeName, string>> = {
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

/** A nested message has the number of its first column; a repeated one is that of a list's items. */
class Fields extends Map<string, readonly [type: string, number: number] | Fields> {
  readonly label: 'repeated ' | 'map' | '';

  constructor(label: Fields['label'] = '') {
    super();
    this.label = label;
  }
}

/** @throws SCHEMA_INVALID for columns that no message can have */
export function protoOf(topic: string, columns: Columns): string {
  const fields = new Fields();
  for (const [index, [name, column]] of Object.entries(columns).entries()) {
    place(fields, name, column, index + 1, `source ${topic}`);
  }
  const imports = Object.values(columns).some((column) => fieldType(column) === TYPES.timestamp)
    ? 'import "google/protobuf/timestamp.proto";\n'
    : '';
  const name = pascal(topic);
  return `syntax = "proto3";\n${imports}message ${/^[A-Za-z]/.test(name) ? name : `M${name}`} {\n${bodyOf(fields, '  ')}}\n`;
}

function fieldType(column: ColumnType): string {
  const { unit } = column;
  if (unit === undefined) return TYPES[scalarType(column)];
  return unit === 's' ? 'double' : 'int64';
}

function typeText(column: ColumnType): string {
  const type = fieldType(column);
  return requiredType(column) === column.type || type === TYPES.timestamp ? type : `optional ${type}`;
}

/** A column of lists is a repeated field, a field of a repeated message, or the values of a map. */
function place(fields: Fields, name: string, column: ColumnType, number: number, where: string): void {
  const item = itemType(column);
  if (item === null) return placeAt(fields, name.split('.'), [typeText(column), number], name, where);
  const { outer, part, inner } = listPath(name);
  const isPlain = inner.length === 0;
  if (part === 'items' && isPlain)
    return placeAt(fields, outer, [`repeated ${fieldType(item)}`, number], name, where);
  const list = nodeAt(fields, outer, part === 'items' ? 'repeated ' : 'map', name, where);
  if (part === 'keys') list.set(KEYS, [fieldType(item), number]);
  else if (isPlain) list.set(VALUES, [fieldType(item), number]);
  else placeAt(list, inner, [typeText(item), number], name, where);
}

/** Names that no field has. */
const KEYS = '()';
const VALUES = '[]';

function nodeAt(
  fields: Fields,
  path: readonly string[],
  label: Fields['label'],
  column: string,
  where: string,
): Fields {
  let into = fields;
  for (const [depth, name] of path.entries()) {
    const there = into.get(name) ?? new Fields(depth === path.length - 1 ? label : '');
    const wanted = depth === path.length - 1 ? label : '';
    if (!NAME.test(name) || !(there instanceof Fields) || there.label !== wanted)
      throw noField(column, where);
    into.set(name, there);
    into = there;
  }
  return into;
}

function placeAt(
  fields: Fields,
  path: readonly string[],
  leaf: readonly [string, number],
  column: string,
  where: string,
): void {
  const name = path.at(-1) as string; // a path has one at least
  const into = nodeAt(fields, path.slice(0, -1), '', column, where);
  if (!NAME.test(name) || into.has(name)) throw noField(column, where);
  into.set(name, leaf);
}

function noField(column: string, where: string): MillraceError {
  return new MillraceError('SCHEMA_INVALID', `no message can have the column '${column}'`, {
    where,
    remedy:
      'Name a field, or one of a nested message by its path, after.amount; or give protobuf() a descriptor.',
  });
}
/** A nested message has the number of its first column. */
function bodyOf(fields: Fields, indent: string): string {
  let text = '';
  for (const [name, field] of fields) {
    if (field instanceof Fields) {
      const plain = field.get(VALUES);
      const own = new Fields(field.label);
      for (const [inner, one] of field) if (inner !== KEYS && inner !== VALUES) own.set(inner, one);
      const type = Array.isArray(plain) ? plain[0] : `${pascal(name)}Message`;
      if (plain === undefined)
        text += `${indent}message ${type} {\n${bodyOf(own, `${indent}  `)}${indent}}\n`;
      const [keys] = (field.get(KEYS) ?? ['string']) as [string]; // that of keys is no message
      const typed = field.label === 'map' ? `map<${keys}, ${type}>` : field.label + type;
      text += `${indent}${typed} ${name} = ${firstNumber(field)};\n`;
    } else text += `${indent}${field[0]} ${name} = ${field[1]};\n`;
  }
  return text;
}

function firstNumber(fields: Fields): number {
  const [first] = fields.values();
  return first instanceof Fields ? firstNumber(first) : (first?.[1] ?? 1);
}

/** `late-orders.v2` as the name of a message: LateOrdersV2. */
function pascal(name: string): string {
  const words = name.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}
