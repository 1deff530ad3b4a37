// The reader's defaults for fields that a writer does not have, as columns (control path, once per schema).
// Source: org.apache.avro.io.parsing.ResolvingGrammarGenerator of Avro 1.12
import {
  branchName,
  DURATION_PARTS,
  isDuration,
  LENGTH,
  OP_BYTES,
  OP_UUID,
  valueBranches,
  type FieldPlan,
  type ListPlan,
} from './column-plan.ts';
import type { RecordNode, SchemaNode, UnionNode } from './schema-node.ts';
import { unitChange } from './time-units.ts';

/** A column's value in every record of a writer, or the list of columns. */
export type Constant = ScalarConstant | ListConstant;

export interface ScalarConstant {
  readonly column: number;
  /** Null is null. */
  readonly value: number | string | null;
}

export interface ListConstant {
  /** One of the columns that have the list. */
  readonly list: number;
  /** Of each item, the columns of the list. */
  readonly items: ReadonlyArray<readonly ScalarConstant[]>;
}

/**
 * The columns of a field, which may be a record.
 * @param path of the field, dotted
 * @throws Error if the default does not fit the type
 */
export function columnDefaults(
  node: SchemaNode,
  json: unknown,
  path: string,
  fields: readonly FieldPlan[],
): Constant[] {
  const below = columnsBelow(path, fields);
  if (below.length === 0) return []; // nothing is read of it
  if (node.type === 'record') return recordDefaults(node, json, path, fields);
  if (node.type === 'union') return unionDefaults(node, json, path, fields);
  if (node.type === 'array') {
    if (!Array.isArray(json)) throw misfit(path, json, node);
    const length = columnOf(`${path}.${LENGTH}`, fields);
    return [
      ...(length < 0 ? [] : [{ column: length, value: json.length }]),
      ...listDefaults(
        node.items,
        json.map((item: unknown) => ['', item]),
        listColumns(path, fields, 'items'),
        fields,
      ),
    ];
  }
  if (node.type === 'map') {
    if (!isJson(json)) throw misfit(path, json, node);
    return listDefaults(node.values, Object.entries(json), listColumns(path, fields, 'entries'), fields);
  }
  if (isDuration(node)) return durationDefaults(json, path, fields);
  const column = columnOf(path, fields);
  return [{ column, value: valueOf(node, json, fields[column] as FieldPlan) }];
}

function recordDefaults(
  node: RecordNode,
  json: unknown,
  path: string,
  fields: readonly FieldPlan[],
): Constant[] {
  return node.fields.flatMap((field) => {
    const name = path === '' ? field.name : `${path}.${field.name}`;
    const given = isJson(json) ? json[field.name] : undefined;
    const value = given === undefined ? field.default : given;
    if (value === undefined) throw new Error(`there is no default for the field ${name}`);
    return columnDefaults(field.type, value, name, fields);
  });
}

/** @param columns those that have the list */
function listDefaults(
  node: SchemaNode,
  entries: ReadonlyArray<readonly [key: string, json: unknown]>,
  columns: readonly number[],
  fields: readonly FieldPlan[],
): ListConstant[] {
  const [list] = columns;
  if (list === undefined) return [];
  const { key, items } = itemColumns(columns, fields);
  return [
    {
      list,
      items: entries.map(([name, json]) => [
        ...itemDefaults(node, json, items),
        ...(key < 0 ? [] : [{ column: key, value: name }]),
      ]),
    },
  ];
}

/** In place of the name of a map's keys among the columns of its entries: no path leads to it. */
const KEY = '()';

/** Columns of lists as those of an item, and which of them has the keys of a map; -1 if none has. */
export function itemColumns(
  columns: readonly number[],
  fields: readonly FieldPlan[],
): { readonly key: number; readonly items: FieldPlan[] } {
  const plans = columns.map((column) => (fields[column] as FieldPlan).list as ListPlan); // columns of lists
  const key = plans.findIndex(({ part }) => part === 'keys');
  return { key, items: plans.map(({ item }, i) => (i === key ? { ...item, name: KEY } : item)) };
}

/** The columns of an item, which has no list. */
function itemDefaults(node: SchemaNode, json: unknown, fields: readonly FieldPlan[]): ScalarConstant[] {
  const isValue = fields.some(({ name }) => name === '');
  const given =
    isValue || node.type === 'union'
      ? columnDefaults(node, json, '', fields)
      : recordDefaults(node as RecordNode, json, '', fields);
  return given.filter((one): one is ScalarConstant => 'column' in one);
}

function columnsBelow(path: string, fields: readonly FieldPlan[]): number[] {
  return fields.flatMap(({ name }, column) => (path === '' || isBelow(name, path) ? [column] : []));
}

/** Whether a column is that of a field, or of something in it. */
export function isBelow(name: string, path: string): boolean {
  return name === path || name.startsWith(`${path}.`) || name.startsWith(`${path}[]`);
}

/** The columns that have the items of the array, or the entries of the map, at a path. */
export function listColumns(
  path: string,
  fields: readonly FieldPlan[],
  which: 'items' | 'entries',
): number[] {
  return fields.flatMap(({ list, path: outer }, column) =>
    list !== null && outer.join('.') === path && (list.part === 'items') === (which === 'items')
      ? [column]
      : [],
  );
}

function columnOf(path: string, fields: readonly FieldPlan[]): number {
  return fields.findIndex(({ name }) => name === path);
}

function unionDefaults(
  node: UnionNode,
  json: unknown,
  path: string,
  fields: readonly FieldPlan[],
): Constant[] {
  const branch = node.branches.find((candidate) => fits(candidate, json));
  if (branch === undefined) throw misfit(path, json, node);
  const isTagged = valueBranches(node.branches).length > 1;
  const inner = isTagged && branch.type !== 'null' ? `${path}.${branchName(branch)}` : path;
  const given = branch.type === 'null' ? [] : columnDefaults(branch, json, inner, fields);
  const set = new Set(
    given.flatMap((one) => ('column' in one ? [one.column] : listedWith(one.list, fields))),
  );
  const nulls = columnsBelow(path, fields).filter((column) => !set.has(column));
  return [...given, ...nulls.map((column) => ({ column, value: null }))];
}

/** The columns that have the same list. */
function listedWith(column: number, fields: readonly FieldPlan[]): number[] {
  const { path, list } = fields[column] as FieldPlan;
  return listColumns(path.join('.'), fields, list?.part === 'items' ? 'items' : 'entries');
}

function durationDefaults(json: unknown, path: string, fields: readonly FieldPlan[]): Constant[] {
  const bytes = Buffer.from(typeof json === 'string' ? json : '', 'latin1');
  if (bytes.length !== 12) throw new Error(`the default of the field ${path} is no duration`);
  return DURATION_PARTS.map((part, i) => ({
    column: columnOf(`${path}.${part}`, fields),
    value: bytes.readUInt32LE(4 * i),
  }));
}

function isJson(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function valueOf(node: SchemaNode, json: unknown, plan: FieldPlan): number | string | null {
  const { type } = node;
  if (!fits(node, json)) throw misfit(plan.name, json, node);
  if (typeof json === 'number') return numberOf(type, json, plan);
  if (typeof json === 'boolean') return Number(json);
  if (typeof json === 'string' && (type === 'bytes' || type === 'fixed'))
    return octetsOf(Buffer.from(json, 'latin1'), plan);
  return json as string | null; // what is left of what fits
}

/** Of bytes that a schema's default has, a character each. */
function octetsOf(bytes: Buffer, { op, digits }: FieldPlan): number | string {
  if (op === OP_BYTES) return bytes.toString('base64');
  const hex = bytes.toString('hex');
  if (op === OP_UUID) return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  const unscaled = BigInt.asIntN(8 * bytes.length, BigInt(`0x0${hex}`));
  return Number(`${unscaled}e-${digits}`);
}

function misfit(name: string, json: unknown, { type }: SchemaNode): Error {
  return new Error(`the default of the field ${name} is ${JSON.stringify(json)}, which is no ${type}`);
}

function numberOf(type: string, json: number, { unit, columnUnit }: FieldPlan): number {
  if (type === 'double') return json;
  if (type === 'float') return Math.fround(json);
  const whole = Math.trunc(json);
  const change = unitChange(unit, columnUnit);
  return change === null ? whole : Math.floor((whole * change.times) / change.over);
}

function fits(node: SchemaNode, json: unknown): boolean {
  switch (node.type) {
    case 'null':
      return json === null;
    case 'boolean':
      return typeof json === 'boolean';
    case 'string':
    case 'bytes':
      return typeof json === 'string';
    case 'fixed':
      return typeof json === 'string' && json.length === node.size;
    case 'enum':
      return typeof json === 'string' && node.symbols.includes(json);
    case 'record':
    case 'map':
      return isJson(json) && !Array.isArray(json);
    case 'array':
      return Array.isArray(json);
    case 'union':
      return node.branches.some((branch) => fits(branch, json));
    case 'int':
    case 'long':
    case 'float':
    case 'double':
    default:
      return typeof json === 'number';
  }
}
