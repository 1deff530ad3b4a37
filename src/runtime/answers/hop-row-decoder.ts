// Reads the rows of a hop's topic into columns (hot path, once a batch), as if a stranger had written them. A column that a
// row lacks, as it was written before a view came to read it, is null.
import type { RawBatch } from '../../core/batch.ts';
import type { ColumnBuilder, ListBuilder } from '../../core/column-builder.ts';
import { listGroups } from '../../core/list-path.ts';
import { isListKind, itemKind, type ScalarKind, type Schema } from '../../core/schema.ts';
import type { EventDecoder } from '../../ports/format.ts';
import {
  HOP_ROW_VERSION,
  LAYOUT_AT,
  LENGTH_BYTES,
  NULL_LENGTH,
  NUMBER_BYTES,
  parseLayout,
} from './hop-rows.ts';

/** A column that nothing reads any more. */
const UNREAD = -1;
/** In place of an end position: the bytes are no row. */
const MALFORMED = -1;

/** A column of a row, in the order of its values. */
interface Reading {
  readonly kind: ScalarKind;
  readonly isList: boolean;
  /** In the schema. */
  readonly column: number;
}

/** Columns whose lists are of one list of the events, and their positions in its builder. */
interface Group {
  readonly columns: readonly number[];
}

export class HopRowDecoder implements EventDecoder {
  readonly schema: Schema;
  readonly #names: readonly string[];
  readonly #groups: readonly Group[];
  /** The layout of the last row, and how it is read. */
  #layout: Buffer = Buffer.alloc(0);
  #readings: readonly Reading[] = [];
  /** By column: where the items of the row's list are, and how many; -1 for null. */
  readonly #itemsAt: Int32Array;
  readonly #itemCounts: Int32Array;

  constructor(schema: Schema) {
    this.schema = schema;
    this.#names = Object.keys(schema);
    this.#groups = listGroups(schema).map(({ columns }) => ({ columns }));
    this.#itemsAt = new Int32Array(this.#names.length);
    this.#itemCounts = new Int32Array(this.#names.length);
  }

  decode({ values }: RawBatch, from: number, to: number, into: ColumnBuilder): void {
    const { bytes, starts, ends } = values;
    for (let index = from; index < to; index++) {
      const start = starts[index] as number;
      const end = ends[index] as number;
      if (start >= 0 && this.#row(bytes, start, end, into)) into.accept(index);
      else into.reject(index, 'EVENT_MALFORMED', 'it is no row of a hop');
    }
  }

  #row(bytes: Buffer, start: number, end: number, into: ColumnBuilder): boolean {
    let at = this.#head(bytes, start, end);
    if (at === MALFORMED) return false;
    this.#itemCounts.fill(-1);
    for (let i = 0; i < this.#readings.length && at !== MALFORMED; i++) {
      const { kind, isList, column } = this.#readings[i] as Reading;
      at = isList ? this.#list(bytes, at, end, kind, column) : scalar(bytes, at, end, kind, into, column);
    }
    return at === end && this.#groups.every((group) => this.#fill(group, bytes, end, into));
  }

  /** @returns where the values begin */
  #head(bytes: Buffer, start: number, end: number): number {
    if (start + LAYOUT_AT > end || bytes[start] !== HOP_ROW_VERSION) return MALFORMED;
    const from = start + LAYOUT_AT;
    const to = from + bytes.readUInt16LE(start + 1);
    if (to > end) return MALFORMED;
    const isKnown =
      this.#layout.length === to - from &&
      bytes.compare(this.#layout, 0, this.#layout.length, from, to) === 0;
    return isKnown || this.#learn(bytes.subarray(from, to)) ? to : MALFORMED;
  }

  #learn(layout: Buffer): boolean {
    const columns = parseLayout(layout.toString());
    if (columns === null) return false;
    this.#readings = columns.map(({ name, kind }) => {
      const isRead = this.schema[name]?.kind === kind;
      return {
        kind: itemKind(kind),
        isList: isListKind(kind),
        column: isRead ? this.#names.indexOf(name) : UNREAD,
      };
    });
    this.#layout = Buffer.from(layout);
    return true;
  }

  /** Notes where a list is. @returns its end */
  #list(bytes: Buffer, at: number, end: number, kind: ScalarKind, column: number): number {
    if (at + LENGTH_BYTES > end) return MALFORMED;
    const count = bytes.readUInt32LE(at);
    let next = at + LENGTH_BYTES;
    if (count === NULL_LENGTH) return next;
    if (column !== UNREAD) {
      this.#itemsAt[column] = next;
      this.#itemCounts[column] = count;
    }
    for (let item = 0; item < count && next !== MALFORMED; item++) next = scalarEnd(bytes, next, end, kind);
    return next;
  }

  /** The lists of the row in these columns. @returns false if they cannot be of one list */
  #fill({ columns }: Group, bytes: Buffer, end: number, into: ColumnBuilder): boolean {
    const counts = columns.map((column) => this.#itemCounts[column] as number);
    const count = Math.max(...counts);
    if (count < 0) return true;
    const lists = into.lists[columns[0] as number] as ListBuilder;
    const cursors = columns.map((column) => this.#itemsAt[column] as number);
    lists.begin();
    for (let item = 0; item < count; item++) {
      for (const [position, column] of columns.entries()) {
        if (item >= (counts[position] as number)) continue;
        const kind = itemKind((this.schema[this.#names[column] as string] as Schema[string]).kind);
        cursors[position] = scalar(bytes, cursors[position] as number, end, kind, lists, position);
        if (cursors[position] === MALFORMED) return false;
      }
      if (!lists.accept()) return false;
    }
    return true;
  }
}

/** Sets a value. @returns its end */
function scalar(
  bytes: Buffer,
  at: number,
  end: number,
  kind: ScalarKind,
  into: Pick<ColumnBuilder, 'setNumber' | 'setUtf8'>,
  column: number,
): number {
  const to = scalarEnd(bytes, at, end, kind);
  if (to === MALFORMED || column === UNREAD) return to;
  if (kind === 'number') into.setNumber(column, bytes.readDoubleLE(at));
  else if (bytes.readUInt32LE(at) !== NULL_LENGTH && !into.setUtf8(column, bytes, at + LENGTH_BYTES, to))
    return MALFORMED;
  return to;
}

function scalarEnd(bytes: Buffer, at: number, end: number, kind: ScalarKind): number {
  if (at + (kind === 'number' ? NUMBER_BYTES : LENGTH_BYTES) > end) return MALFORMED;
  if (kind === 'number') return at + NUMBER_BYTES;
  const length = bytes.readUInt32LE(at);
  const to = at + LENGTH_BYTES + (length === NULL_LENGTH ? 0 : length);
  return to > end ? MALFORMED : to;
}
