// The rows of a batch of which one event has several (hot path).
import type { Batch, Column, ListColumn, ScalarColumn } from '../core/batch.ts';
import { NULL_CODE } from '../core/dictionary.ts';
import { placeOfItem } from '../core/place.ts';

/** In place of an item: the row has none. */
const NO_ITEM = -1;

export class FlattenedRows {
  /** By row: the row that it is of, and the item. */
  readonly #sources: Int32Array;
  readonly #items: Int32Array;
  readonly #rows: Int32Array;
  #size = 0;
  #live = 0;

  /** @param sizeMax rows that are added or dropped, at most */
  constructor(sizeMax: number) {
    this.#sources = new Int32Array(sizeMax);
    this.#items = new Int32Array(sizeMax);
    this.#rows = new Int32Array(sizeMax);
  }

  /** A row for each item; without items one that has none, or, unless `isOuter`, one that is dropped. */
  add(row: number, items: number, isOuter: boolean): void {
    if (items === 0 && !isOuter) return this.drop(row);
    for (let item = items === 0 ? NO_ITEM : 0; item < items; item++) {
      this.#rows[this.#live++] = this.#size;
      this.#put(row, item);
    }
  }

  /** The row goes on in the columns alone. */
  drop(row: number): void {
    this.#put(row, NO_ITEM);
  }

  #put(row: number, item: number): void {
    this.#sources[this.#size] = row;
    this.#items[this.#size++] = item;
  }

  /** @param added columns, of the rows that they are of and the items in them */
  batch(
    batch: Batch,
    added: (sources: Int32Array, items: Int32Array) => Readonly<Record<string, Column>>,
  ): Batch {
    const size = this.#size;
    const sources = this.#sources.subarray(0, size);
    const items = this.#items.subarray(0, size);
    const columns = Object.entries(batch.columns).map(([name, column]) => [name, repeated(column, sources)]);
    const { admitted, erased, flags } = batch;
    return {
      ...batch,
      rows: this.#rows.slice(0, this.#live),
      size,
      offsets: placesOf(batch.offsets, sources, items),
      eventTimeMs: taken(batch.eventTimeMs, sources),
      rawIndex: taken(batch.rawIndex, sources),
      flags: flags === null ? null : taken(flags, sources),
      ...(admitted !== undefined && { admitted: Int32Array.from(sources, (_row, i) => i) }),
      ...(erased !== undefined && { erased: taken(erased, sources) }),
      columns: {
        ...(Object.fromEntries(columns) as Record<string, Column>),
        ...added(sources, items),
      },
    };
  }
}

/** A row without an item is that of its event. */
function placesOf(offsets: Float64Array, sources: Int32Array, items: Int32Array): Float64Array {
  const places = new Float64Array(sources.length);
  for (let i = 0; i < sources.length; i++)
    places[i] = placeOfItem(offsets[sources[i] as number] as number, items[i] as number);
  return places;
}

function taken<T extends Float64Array | Int32Array | Uint8Array>(from: T, rows: Int32Array): T {
  const into = new (from.constructor as new (length: number) => T)(rows.length); // an array of its own kind
  for (let i = 0; i < rows.length; i++) into[i] = from[rows[i] as number] as number;
  return into;
}

function repeated(column: Column, sources: Int32Array): Column {
  if (column.kind === 'number') return { kind: 'number', values: taken(column.values, sources) };
  if (column.kind === 'string') return { ...column, codes: taken(column.codes, sources) };
  return { ...column, starts: taken(column.starts, sources), ends: taken(column.ends, sources) };
}

/** The items of the lists in these rows; null where a row has none. */
export function itemsOf(
  { starts, items: from }: ListColumn,
  sources: Int32Array,
  items: Int32Array,
): ScalarColumn {
  if (from.kind === 'number') {
    const values = new Float64Array(items.length);
    for (let i = 0; i < items.length; i++) {
      const item = items[i] as number;
      const at = (starts[sources[i] as number] as number) + item;
      values[i] = item === NO_ITEM ? Number.NaN : (from.values[at] as number);
    }
    return { kind: 'number', values };
  }
  const codes = new Int32Array(items.length);
  for (let i = 0; i < items.length; i++) {
    const item = items[i] as number;
    const at = (starts[sources[i] as number] as number) + item;
    codes[i] = item === NO_ITEM ? NULL_CODE : (from.codes[at] as number);
  }
  return { kind: 'string', codes, dictionary: from.dictionary };
}
