// Encodes events by column name as Protobuf messages (control path): for producers, tests and sample data.
import {
  fromJson,
  ScalarType,
  toBinary,
  type DescField,
  type DescMessage,
  type JsonObject,
  type JsonValue,
} from '@bufbuild/protobuf';
import type { Columns } from '../../core/columns.ts';
import { messageOf, MillraceError } from '../../core/errors.ts';
import { epochText } from '../../core/epoch-number.ts';
import { decimalOf, int64Of, isBase64Text, scaledText } from '../../core/exact-values.ts';
import { DATE_MS_MAX } from '../../core/event-limits.ts';
import { MS_PER_SECOND } from '../../core/time.ts';
import type { EventEncoder, EventRow, EventScalar } from '../../ports/format.ts';
import { placedColumns, type PlacedColumn, type PlacedList } from '../shared/placed-columns.ts';
import { listItems, placedLists } from '../shared/row-lists.ts';
import { FRAME_BYTES, writeFrame } from '../shared/wire-format.ts';
import { fieldOf } from './column-plan.ts';
import { itemFields } from './item-fields.ts';

interface Column extends Omit<PlacedColumn, 'path' | 'list'> {
  /** Of the fields on its path; null if the message has no such field. */
  readonly path: readonly DescField[] | null;
  /** Of a column of lists; null for others. */
  readonly list: ListColumn | null;
}

interface ListColumn extends Omit<PlacedList, 'inner'> {
  /** Of the fields of an item, or of a map's value; null if it has no such field. */
  readonly inner: readonly DescField[] | null;
}

type Scalar = string | number | boolean;

export class ProtobufEventEncoder implements EventEncoder {
  readonly #message: DescMessage;
  readonly #columns: readonly Column[];
  readonly #lists: ReadonlyArray<readonly Column[]>;
  /** The frame, with the position of the message behind it; empty for records without one. */
  readonly #frame: Buffer;
  readonly #where: string;

  /** @param schemaId of a schema whose first message this is; null: records have no frame */
  constructor(message: DescMessage, columns: Columns, schemaId: number | null, where: string) {
    this.#message = message;
    this.#columns = placedColumns(columns).map((placed) => {
      const path = pathOf(message, placed.path);
      const { list } = placed;
      if (list === null) return { ...placed, path, list };
      const inner = list.inner.length === 0 ? [] : pathOf(path?.at(-1)?.message, list.inner);
      return { ...placed, path, list: { ...list, inner } };
    });
    this.#lists = placedLists(this.#columns.filter(({ list }) => list !== null));
    this.#frame = Buffer.alloc(schemaId === null ? 0 : FRAME_BYTES + 1);
    if (schemaId !== null) writeFrame(this.#frame, schemaId);
    this.#where = where;
  }

  encode(event: EventRow): Buffer {
    const json: JsonObject = {};
    for (const column of this.#columns)
      if (column.list === null) this.#set(json, column, scalarOf(event[column.name]));
    for (const lists of this.#lists) this.#setLists(json, lists, event);
    try {
      return Buffer.concat([this.#frame, toBinary(this.#message, fromJson(this.#message, json))]);
    } catch (error) {
      throw this.#misfit(this.misfit(event) ?? '', messageOf(error));
    }
  }

  misfit(event: EventRow): string | null {
    const found = this.#columns.find((column) => {
      try {
        const json: JsonObject = {};
        if (column.list === null) this.#set(json, column, scalarOf(event[column.name]));
        else this.#setLists(json, this.#lists.find((lists) => lists.includes(column)) ?? [], event);
        fromJson(this.#message, json);
        return false;
      } catch {
        return true;
      }
    });
    return found?.name ?? null;
  }

  #set(json: JsonObject, column: Column, value: Scalar | null): void {
    const { name, type, isNullable, path } = column;
    if (value === null) {
      if (!isNullable) throw this.#misfit(name, 'it is missing');
      return;
    }
    if (path === null) throw this.#misfit(name, `the message ${this.#message.typeName} has no field for it`);
    const field = path.at(-1) as DescField; // a path has one at least
    const given = jsonOf(field, column, value);
    if (given === null) throw this.#misfit(name, `it is no ${type}`);
    setAt(json, path, given);
  }

  /** The lists of columns that come from one repeated field, or one map. */
  #setLists(json: JsonObject, columns: readonly Column[], event: EventRow): void {
    const items = listItems(columns, event);
    const required = columns.find(({ name, isNullable }) => !isNullable && (event[name] ?? null) === null);
    if (required !== undefined) throw this.#misfit(required.name, 'it is missing');
    const [first] = columns;
    if (items === null || first === undefined) return;
    const { name, path } = first;
    if (typeof items === 'string') throw this.#misfit(name, items);
    if (path === null) throw this.#misfit(name, `the message ${this.#message.typeName} has no field for it`);
    const key = columns.findIndex(({ list }) => list?.part === 'keys');
    if (first.list?.part !== 'items' && key < 0 && items.length > 0)
      throw this.#misfit(name, 'the keys of the map are no column');
    const given = items.map((values) => this.#itemOf(columns, values, path.at(-1) as DescField));
    const entries = given.map((value, i) => [String(items[i]?.[key]), value] as const);
    setAt(json, path, first.list?.part === 'items' ? given : Object.fromEntries<JsonValue>(entries));
  }

  #itemOf(columns: readonly Column[], values: readonly EventScalar[], field: DescField): JsonValue {
    const item: JsonObject = {};
    const { value: own } = itemFields(field);
    for (const [i, column] of columns.entries()) {
      const value = values[i] ?? null;
      if (column.list === null || column.list.part === 'keys') continue;
      const { inner, isNullable } = column.list;
      if (inner === null) throw this.#misfit(column.name, `the field '${field.name}' has no field for it`);
      const isPlain = inner.length === 0;
      if (value === null && (isPlain || !isNullable)) throw this.#misfit(column.name, 'an item is missing');
      if (value === null) continue;
      const given = jsonOf(inner.at(-1) ?? own, column, value);
      if (given === null) throw this.#misfit(column.name, `an item is no ${column.type}`);
      if (isPlain) return given;
      setAt(item, inner, given);
    }
    return item;
  }

  #misfit(name: string, why: string): MillraceError {
    return new MillraceError('SCHEMA_INVALID', `an event does not fit the message: ${why}`, {
      where: `${this.#where}, column ${name}`,
      remedy: 'Give the column a value of its type.',
    });
  }
}

function setAt(json: JsonObject, path: readonly DescField[], value: JsonValue): void {
  let into = json;
  for (const field of path.slice(0, -1)) into = (into[field.name] ??= {}) as JsonObject; // created right here
  const field = path.at(-1) as DescField; // a path has one at least
  into[field.name] = value;
}

/** An array in a column without lists is no value of it. */
function scalarOf(value: EventRow[string] | undefined): Scalar | null {
  return typeof value === 'object' ? (value === null ? null : 'a list') : (value ?? null);
}

function pathOf(message: DescMessage | undefined, names: readonly string[]): DescField[] | null {
  const path: DescField[] = [];
  let at: DescMessage | undefined = message;
  for (const name of names) {
    const field: DescField | undefined = at === undefined ? undefined : fieldOf(at, name);
    if (field === undefined) return null;
    path.push(field);
    at = field.message;
  }
  return path;
}

/** The value as Protobuf's JSON has it; null for one that is not of the type. */
function jsonOf(
  { message, scalar }: DescField,
  { type, symbols, digits, unit }: Column,
  value: Scalar,
): JsonValue | null {
  if (type === 'int64') return int64Of(value);
  if (type === 'bytes') return isBase64Text(value) ? value : null;
  if (type === 'scaled') return scaledJson(value, digits, scalar === ScalarType.STRING);
  if (type === 'decimal') return decimalJson(decimalOf(value), scalar === ScalarType.STRING);
  if (type === 'string') return typeof value === 'string' && value.isWellFormed() ? value : null;
  if (type === 'enum') return typeof value === 'string' && symbols.includes(value) ? value : null;
  if (type === 'boolean')
    return typeof value === 'boolean' || value === 0 || value === 1 ? Boolean(value) : null;
  if (typeof value !== 'number') return null;
  if (unit !== null) return epochText(value, unit); // JSON of Protobuf takes numbers as text
  if (message?.typeName === 'google.protobuf.Timestamp')
    return Math.abs(value) <= DATE_MS_MAX ? new Date(Math.floor(value)).toISOString() : null;
  if (message?.typeName === 'google.protobuf.Duration') return `${value / MS_PER_SECOND}s`;
  if (type === 'double' || type === 'float') return Number.isFinite(value) ? value : null;
  if (type === 'timestamp') return Number.isFinite(value) ? String(Math.floor(value)) : null;
  return Number.isSafeInteger(value) ? String(value) : null;
}

function decimalJson(value: number, isText: boolean): JsonValue | null {
  if (!Number.isFinite(value)) return null;
  return isText ? String(value) : value;
}

/** Null for what an integer field could not hold without loss. */
function scaledJson(value: Scalar, digits: number, isText: boolean): JsonValue | null {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) return null;
  if (isText) return scaledText(value, digits);
  return value % 10 ** digits === 0 ? String(value / 10 ** digits) : null;
}
