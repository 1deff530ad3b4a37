// The text of a TypeScript module with the columns of an Avro schema (control path).
import type { FieldPlan } from '../../../adapters/avro/column-plan.ts';
import {
  OP_BOOLEAN,
  OP_BYTES,
  OP_DECIMAL,
  OP_DOUBLE,
  OP_DURATION_PART,
  OP_ENUM,
  OP_FLOAT,
  OP_INT,
  OP_LENGTH,
  OP_LONG,
  OP_STRING,
  OP_UUID,
} from '../../../adapters/avro/column-plan.ts';
import type { ScalarTypeName } from '../../../core/columns.ts';

const LINE_WIDTH = 110;

const TYPE_OF: Readonly<Record<number, ScalarTypeName>> = {
  [OP_BOOLEAN]: 'boolean',
  [OP_BYTES]: 'bytes',
  [OP_DECIMAL]: 'decimal',
  [OP_DURATION_PART]: 'long',
  [OP_LENGTH]: 'long',
  [OP_UUID]: 'string',
  [OP_DOUBLE]: 'double',
  [OP_ENUM]: 'enum',
  [OP_FLOAT]: 'float',
  [OP_INT]: 'int',
  [OP_LONG]: 'long',
  [OP_STRING]: 'string',
};

interface Column {
  readonly name: string;
  readonly type: ScalarTypeName;
  readonly isNullable: boolean;
  /** Of a column of lists, whether their items may be null: the type is that of the items. Null for other columns. */
  readonly nullableItems: boolean | null;
  readonly symbols: readonly string[];
  readonly doc: string;
}

/** A record of the schema, as JSON; what is not there, or is no record, is empty. */
interface RecordJson {
  readonly fields?: readonly FieldJson[];
}
interface FieldJson {
  readonly name?: string;
  readonly doc?: string;
  readonly type?: unknown;
}

/**
 * @param file the schema's file, named in the module
 * @param json the schema
 */
export function columnsModule(
  file: string,
  { json, name }: { readonly json: unknown; readonly name: string },
  fields: readonly FieldPlan[],
): string {
  const columns = fields.map((field) => columnOf(field, json as RecordJson)); // it has been parsed as a record
  const record = name.split('.').at(-1) as string;
  const [typeName, constName] = [
    `${record}Columns`,
    `${record.charAt(0).toLowerCase()}${record.slice(1)}Columns`,
  ];
  const names = new Set(columns.map(({ type: name }) => (name === 'enum' ? 'enumeration' : name)));
  const imports = [
    'avroColumns',
    ...names,
    ...(columns.some((column) => column.isNullable || column.nullableItems === true) ? ['nullable'] : []),
    ...(columns.some((column) => column.nullableItems !== null) ? ['list'] : []),
  ];
  return [
    `// The columns of ${record}, written by \`millrace types ${file}\`: change the schema and run it again.`,
    importLine([...imports.toSorted(), 'type ColumnType']),
    '',
    `export type ${typeName} = {`,
    ...columns.flatMap((column) => [
      ...docLines(column.doc),
      `  readonly ${key(column.name)}: ${typeText(column)};`,
    ]),
    '};',
    '',
    `export const ${constName}: ${typeName} = avroColumns(`,
    '  {',
    ...columns.flatMap((column) => valueLines(column)),
    '  },',
    `  ${quoted(JSON.stringify(json))},`,
    ');',
    '',
  ].join('\n');
}

function columnOf({ name, path, op, spec, symbols, list }: FieldPlan, record: RecordJson): Column {
  const field = fieldAt(record, path);
  const isTime = JSON.stringify(field?.type ?? '').includes('"timestamp-millis"');
  // A field that is always null has a column of numbers.
  const type = op === OP_LONG && isTime ? 'timestamp' : (TYPE_OF[op] ?? 'double');
  return {
    name,
    type,
    isNullable: spec.nullable,
    nullableItems: list === null ? null : list.item.spec.nullable,
    symbols,
    doc: field?.doc ?? '',
  };
}

/** The field of a nested record, if the records in between are written where they are used. */
function fieldAt(record: RecordJson, [name, ...rest]: readonly string[]): FieldJson | undefined {
  const field = record.fields?.find((candidate) => candidate.name === name);
  return rest.length === 0 ? field : fieldAt(field?.type ?? {}, rest);
}

function importLine(names: readonly string[]): string {
  const line = `import { ${names.join(', ')} } from 'millrace';`;
  if (line.length <= LINE_WIDTH) return line;
  return ['import {', ...names.map((name) => `  ${name},`), "} from 'millrace';"].join('\n');
}

function docLines(doc: string): string[] {
  const text = doc.replaceAll('*/', '*\\/').replaceAll(/\s+/g, ' ').trim();
  return text === '' ? [] : [`  /** ${text} */`];
}

function key(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : quoted(name);
}

function quoted(text: string): string {
  return `'${text.replaceAll(/[\\']/g, '\\$&')}'`;
}

function typeText({ type, isNullable, nullableItems }: Column): string {
  const own = nullableItems === null ? type : `list(${type}${nullableItems ? '?' : ''})`;
  return `ColumnType<'${own}${isNullable ? '?' : ''}'>`;
}

function valueLines(column: Column): string[] {
  const { name, type, isNullable, nullableItems, symbols } = column;
  const listed = (value: string): string => {
    if (nullableItems === null) return value;
    return `list(${nullableItems ? `nullable(${value})` : value})`;
  };
  const around = (value: string): string => {
    const own = listed(value);
    return `    ${key(name)}: ${isNullable ? `nullable(${own})` : own},`;
  };
  if (type !== 'enum') return [around(type)];
  const line = around(`enumeration([${symbols.map((symbol) => quoted(symbol)).join(', ')}])`);
  if (line.length <= LINE_WIDTH) return [line];
  const [before, after] = around('enumeration([ ])').split(' ]') as [string, string];
  return [before, ...symbols.map((symbol) => `      ${quoted(symbol)},`), `    ]${after}`];
}
