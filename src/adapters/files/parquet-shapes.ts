// What hyparquet makes of a column, as rows have it (control path): decimals are their text, times of day are marked, wherever
// they are in structs, lists and maps, and lists in the form of old writers are lists.
// Source: https://github.com/apache/parquet-format/blob/master/LogicalTypes.md#nested-types
import { parquetSchema, type FileMetaData, type SchemaElement, type SchemaTree } from 'hyparquet';
import { TimeOfDay } from '../../core/file-values.ts';
import { decimalValue } from '../shared/decimal-value.ts';

/** Digits behind the point of a decimal that is read: writers have 76 digits at most, and text takes time. */
const SCALE_MAX = 1_000;

/** Of a value that hyparquet has read. */
export type Change = (value: unknown) => unknown;

/**
 * How the values of a file's columns change, by name; columns that stay as they are have none.
 * @param metadata is changed: decimals become the integers or bytes that they are stored as
 */
export function columnChanges(metadata: FileMetaData): ReadonlyMap<string, Change> {
  for (const element of metadata.schema) annotate(element);
  return new Map(
    parquetSchema(metadata).children.flatMap((column) => {
      const change = changeOf(column);
      return change === null ? [] : [[column.element.name, change] as const];
    }),
  );
}

/** Newer writers may leave out the older form of an annotation, which is the one that hyparquet takes. */
function annotate(element: SchemaElement): void {
  const { logical_type: logical, converted_type: converted } = element;
  if (converted === undefined && (logical?.type === 'LIST' || logical?.type === 'MAP'))
    element.converted_type = logical.type;
}

/** Null if there is nothing to change. */
function changeOf(node: SchemaTree): Change | null {
  const { element, children } = node;
  const change = children.length === 0 ? leafChange(element) : groupChange(node);
  return element.repetition_type === 'REPEATED' ? eachItem(change) : change;
}

function leafChange(element: SchemaElement): Change | null {
  const { converted_type: converted, logical_type: logical, scale = 0 } = element;
  if (converted === 'TIME_MILLIS' || converted === 'TIME_MICROS' || logical?.type === 'TIME')
    return (value) => (isWhole(value) ? new TimeOfDay(value) : value);
  const isDecimal = converted === 'DECIMAL' || logical?.type === 'DECIMAL';
  if (!isDecimal || !(scale >= 0 && scale <= SCALE_MAX)) return null;
  delete element.converted_type;
  delete element.logical_type;
  return (value) => decimalValue(value, scale);
}

function isWhole(value: unknown): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}

function groupChange(node: SchemaTree): Change | null {
  const { element, children } = node;
  const [child] = children;
  const isAnnotated = children.length === 1 && child?.element.repetition_type === 'REPEATED';
  if (isAnnotated && element.converted_type === 'LIST') return listChange(element, child);
  if (isAnnotated && element.converted_type === 'MAP') return mapChange(child);
  return structChange(children);
}

/** @param entries the one field of a group that is a map */
function mapChange({ element, children }: SchemaTree): Change | null {
  const [key, value] = children;
  if (value !== undefined) return eachValue(changeOf(value));
  if (key === undefined) return null;
  // A set. hyparquet takes it for a struct that has the list of its keys.
  return (found) => {
    const entries = isObject(found) ? found[element.name] : found;
    if (!Array.isArray(entries)) return found;
    return Object.fromEntries(entries.filter(isObject).map((entry) => [entry[key.element.name], null]));
  };
}

/** @param repeated the one field of a group that is a list */
function listChange(list: SchemaElement, repeated: SchemaTree): Change | null {
  const { element, children } = repeated;
  const [only] = children;
  if (only === undefined) return eachItem(leafChange(element));
  // hyparquet takes the group for a struct that has the list.
  if (children.length > 1) {
    const items = eachItem(structChange(children)) ?? ((value: unknown): unknown => value);
    return (value) => (isObject(value) ? items(value[element.name]) : value);
  }
  // The items of such a group are structs of one field, and hyparquet takes the field for the item.
  const isNamedSo = element.name === 'array' || element.name === `${list.name}_tuple`;
  const isStruct = isNamedSo && element.converted_type === undefined; // else it is a list or a map itself
  const change = changeOf(only);
  if (!isStruct) return eachItem(change);
  const { name } = only.element;
  return eachItem((value) => ({ [name]: change === null ? value : change(value) }));
}

function structChange(children: readonly SchemaTree[]): Change | null {
  const changes = children.flatMap((child) => {
    const change = changeOf(child);
    return change === null ? [] : [[child.element.name, change] as const];
  });
  if (changes.length === 0) return null;
  return (value) => {
    if (isObject(value)) for (const [name, change] of changes) value[name] = change(value[name]);
    return value;
  };
}

function eachItem(change: Change | null): Change | null {
  return change === null ? null : (value) => (Array.isArray(value) ? value.map(change) : value);
}

function eachValue(change: Change | null): Change | null {
  if (change === null) return null;
  return (value) => {
    if (!isObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, change(one)]));
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
