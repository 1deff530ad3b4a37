// Rows of a hop's topic (hot path, once a batch): the columns that its views read, as they are before the features stage, so
// that nothing is computed twice and nothing else of an event is kept. A row says its columns itself, so that one from before
// a change of the views is still read. Little-endian: uint8 version, uint16 length of the layout, the layout, then the values
// of its columns: a Float64, NaN for null; a string as uint32 length and UTF-8; a list as uint32 number of items and the
// items. A length of 2^32 - 1 is null.
import type { Batch, Column, ListColumn, ScalarColumn } from '../../core/batch.ts';
import { ByteColumn } from '../../core/byte-column.ts';
import { invariant } from '../../core/errors.ts';
import type { ColumnKind } from '../../core/schema.ts';
import { TEXT_BYTES_PER_UNIT_MAX, writeText } from '../../core/text-bytes.ts';

export const HOP_ROW_VERSION = 1;
export const LAYOUT_AT = 3;
export const LENGTH_BYTES = 4;
export const NUMBER_BYTES = 8;
export const NULL_LENGTH = 0xffff_ffff;

const LAYOUT_BYTES_MAX = 0xffff;
const KIND_LETTERS: ReadonlyArray<readonly [letter: string, kind: ColumnKind]> = [
  ['n', 'number'],
  ['s', 'string'],
  ['N', 'number[]'],
  ['S', 'string[]'],
];

/** A column of a row. */
export interface HopColumn {
  readonly name: string;
  readonly kind: ColumnKind;
}

function layoutText(columns: readonly HopColumn[]): string {
  return columns.map(({ name, kind }) => letterOf(kind) + encodeURIComponent(name)).join(',');
}

function letterOf(kind: ColumnKind): string {
  return KIND_LETTERS.find(([, one]) => one === kind)?.[0] ?? '';
}

/** Null for what no engine has written. */
export function parseLayout(text: string): HopColumn[] | null {
  const columns: HopColumn[] = [];
  for (const part of text.split(',')) {
    const kind = KIND_LETTERS.find(([letter]) => letter === part[0])?.[1];
    if (kind === undefined) return null;
    try {
      columns.push({ name: decodeURIComponent(part.slice(1)), kind });
    } catch {
      return null;
    }
  }
  return columns;
}

function kindOf(column: Column): ColumnKind {
  return column.kind === 'list' ? `${column.items.kind}[]` : column.kind;
}

/** The live rows of the batch with these columns, in order. */
export function hopRows({ rows, columns }: Batch, names: readonly string[]): ByteColumn {
  const found = names.map((name): readonly [string, Column] => {
    const column = columns[name];
    invariant(column !== undefined, `the batch has the column '${name}'`);
    return [name, column];
  });
  const layout = Buffer.from(layoutText(found.map(([name, column]) => ({ name, kind: kindOf(column) }))));
  invariant(layout.length <= LAYOUT_BYTES_MAX, 'the names of the columns fit into a row');
  const head = Buffer.alloc(LAYOUT_AT + layout.length);
  head.writeUInt8(HOP_ROW_VERSION, 0);
  head.writeUInt16LE(layout.length, 1);
  layout.copy(head, LAYOUT_AT);
  let bytesMax = head.length * rows.length;
  for (const [, column] of found) bytesMax += columnBytesMax(column, rows);
  const bytes = Buffer.allocUnsafe(bytesMax);
  const starts = new Int32Array(rows.length);
  const ends = new Int32Array(rows.length);
  let at = 0;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    starts[i] = at;
    at += head.copy(bytes, at);
    for (let c = 0; c < found.length; c++)
      at = writeValue((found[c] as readonly [string, Column])[1], row, bytes, at);
    ends[i] = at;
  }
  return new ByteColumn(bytes, starts, ends);
}

function columnBytesMax(column: Column, rows: Int32Array): number {
  let bytes = 0;
  for (let i = 0; i < rows.length; i++) bytes += valueBytesMax(column, rows[i] as number);
  return bytes;
}

function valueBytesMax(column: Column, row: number): number {
  if (column.kind === 'number') return NUMBER_BYTES;
  if (column.kind === 'string')
    return (
      LENGTH_BYTES +
      TEXT_BYTES_PER_UNIT_MAX * (column.dictionary.decode(column.codes[row] as number)?.length ?? 0)
    );
  let bytes = LENGTH_BYTES;
  for (let at = column.starts[row] as number; at < (column.ends[row] as number); at++)
    bytes += valueBytesMax(column.items, at);
  return bytes;
}

/** Returns the end position. */
function writeValue(column: Column, row: number, into: Buffer, at: number): number {
  return column.kind === 'list' ? writeList(column, row, into, at) : writeScalar(column, row, into, at);
}

function writeScalar(column: ScalarColumn, row: number, into: Buffer, at: number): number {
  if (column.kind === 'number') return into.writeDoubleLE(column.values[row] as number, at);
  const text = column.dictionary.decode(column.codes[row] as number);
  if (text === undefined) return into.writeUInt32LE(NULL_LENGTH, at);
  const end = writeText(into, at + LENGTH_BYTES, text);
  into.writeUInt32LE(end - at - LENGTH_BYTES, at);
  return end;
}

function writeList({ starts, ends, items }: ListColumn, row: number, into: Buffer, at: number): number {
  const start = starts[row] as number;
  const end = ends[row] as number;
  if (start < 0) return into.writeUInt32LE(NULL_LENGTH, at);
  let next = into.writeUInt32LE(end - start, at);
  for (let item = start; item < end; item++) next = writeScalar(items, item, into, next);
  return next;
}
