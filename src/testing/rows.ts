// Batches from plain objects (control path), so that a test can list events instead of columns.
import { ByteColumn } from '../core/byte-column.ts';
import type { Batch, Column, RawBatch, ScalarColumn } from '../core/batch.ts';
import type { Columns, ValueOf } from '../core/columns.ts';
import { Dictionary, NULL_CODE } from '../core/dictionary.ts';
import { MillraceError } from '../core/errors.ts';
import {
  isListKind,
  itemKind,
  type ColumnKind,
  type ListKind,
  type ScalarKind,
  type Schema,
} from '../core/schema.ts';
import type { TopicPartition } from '../core/topic-partition.ts';
import type { EventRow } from '../ports/format.ts';

/** One event: a column of lists has an array. A column that is left out is null. */
export type Row = EventRow;

/** An event of a source with columns C; a column that is left out is null. Any row if the compiler does not know the columns. */
export type RowOf<C extends Columns> = string extends keyof C
  ? Row
  : { readonly [N in keyof C]?: ValueOf<C[N]> | null };

/** The columns of rows, all nullable. A column is of strings if any of its values is a string, or any item of a list. */
export function schemaOf(rows: readonly Row[]): Schema {
  const kinds = new Map<string, ColumnKind>();
  for (const row of rows) {
    for (const [name, value] of Object.entries(row)) {
      if (value === null) continue;
      const known = kinds.get(name);
      const hasText = isList(value)
        ? value.some((item) => typeof item === 'string')
        : typeof value === 'string';
      const kind = hasText || (known !== undefined && itemKind(known) === 'string') ? 'string' : 'number';
      kinds.set(name, isList(value) ? `${kind}[]` : kind);
    }
  }
  return Object.fromEntries([...kinds].map(([name, kind]) => [name, { kind, nullable: true }]));
}

function numberOf(value: Row[string] | undefined): number {
  return typeof value === 'number' || typeof value === 'boolean' ? Number(value) : Number.NaN;
}

function isList(value: Row[string] | undefined): value is Extract<Row[string], readonly unknown[]> {
  return Array.isArray(value);
}

/** Builds batches of one partition, with one dictionary per column, like a decoder. */
export class RowBatches {
  readonly #schema: Schema;
  readonly #eventTime: string;
  readonly #origin: TopicPartition;
  readonly #dictionaries = new Map<string, Dictionary>();
  #offset = 0;

  /** @param firstOffset offset of the first row */
  constructor(
    schema: Schema,
    eventTime: string,
    origin: TopicPartition = { topic: 'test', partition: 0 },
    firstOffset = 0,
  ) {
    if (schema[eventTime]?.kind !== 'number') {
      throw new MillraceError('TOPOLOGY_INVALID', `no number column is named ${eventTime}`, {
        where: 'test rows',
      });
    }
    this.#schema = schema;
    this.#eventTime = eventTime;
    this.#origin = origin;
    this.#offset = firstOffset;
  }

  next(rows: readonly Row[]): Batch {
    const columns: Record<string, Column> = {};
    for (const [name, { kind }] of Object.entries(this.#schema))
      columns[name] = this.#column(name, kind, rows);
    const eventTimeMs = Float64Array.from(rows, (row) => numberOf(row[this.#eventTime]));
    const offsets = Float64Array.from(rows, (_row, i) => this.#offset + i);
    this.#offset += rows.length;
    const raw: RawBatch = {
      origin: this.#origin,
      count: rows.length,
      offsets,
      timestampMs: eventTimeMs,
      keys: ByteColumn.of(rows.map(() => null)),
      values: ByteColumn.of(rows.map((row) => Buffer.from(JSON.stringify(row)))),
      offsetNext: this.#offset,
      highWatermark: this.#offset,
      receivedAtMs: performance.now(),
    };
    const all = Int32Array.from(rows, (_row, i) => i);
    return {
      kind: 'batch',
      origin: this.#origin,
      size: rows.length,
      rows: all,
      offsets,
      eventTimeMs,
      columns,
      offsetNext: this.#offset,
      receivedAtMs: raw.receivedAtMs,
      raw,
      rawIndex: all,
      flags: null,
      features: null,
      predictions: null,
      labels: null,
    };
  }

  #column(name: string, kind: ColumnKind, rows: readonly Row[]): Column {
    const values = rows.map((row) => row[name]);
    return isListKind(kind) ? this.#lists(name, kind, values) : this.#scalars(name, kind, values);
  }

  #scalars(name: string, kind: ScalarKind, values: ReadonlyArray<Row[string] | undefined>): ScalarColumn {
    if (kind === 'number') return { kind, values: Float64Array.from(values, numberOf) };
    const dictionary = this.#dictionaries.get(name) ?? new Dictionary();
    this.#dictionaries.set(name, dictionary);
    const codes = Int32Array.from(values, (value) =>
      typeof value === 'string' ? dictionary.encode(value) : NULL_CODE,
    );
    return { kind, codes, dictionary };
  }

  #lists(name: string, kind: ListKind, values: ReadonlyArray<Row[string] | undefined>): Column {
    const starts = new Int32Array(values.length).fill(-1);
    const ends = new Int32Array(values.length).fill(-1);
    const items: Array<Row[string]> = [];
    for (const [row, list] of values.entries()) {
      if (!isList(list)) continue;
      starts[row] = items.length;
      for (const item of list) items.push(item);
      ends[row] = items.length;
    }
    return { kind: 'list', starts, ends, items: this.#scalars(name, itemKind(kind), items) };
  }
}
