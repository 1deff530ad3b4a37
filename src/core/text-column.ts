// Texts of many rows in two arrays (control path): they move to another thread without a copy, and a slice of rows is a view.
import { invariant } from './errors.ts';

export interface TextColumn {
  /** UTF-8 of the texts, one behind the other. */
  readonly bytes: Uint8Array;
  /** Where each text begins and, behind the last one, where that ends: one more than there are rows. */
  readonly bounds: Uint32Array;
}

const BYTES_MAX = 2 ** 32 - 1;

export function textColumn(texts: readonly string[]): TextColumn {
  return packed(texts.map((text) => Buffer.from(text, 'utf8')));
}

/** @throws INVARIANT for more bytes than bounds can count */
function packed(parts: readonly Uint8Array[]): TextColumn {
  const bounds = new Uint32Array(parts.length + 1);
  let end = 0;
  for (const [row, part] of parts.entries()) {
    end += part.length;
    invariant(end <= BYTES_MAX, 'the texts of a column take less than 4 GiB');
    bounds[row + 1] = end;
  }
  const bytes = new Uint8Array(end);
  for (const [row, part] of parts.entries()) bytes.set(part, bounds[row]);
  return { bytes, bounds };
}

export function textAt({ bytes, bounds }: TextColumn, row: number): string {
  const from = bounds[row] ?? 0;
  const to = bounds[row + 1] ?? from;
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('utf8');
}

/** All texts. */
export function textsOf(column: TextColumn): string[] {
  return Array.from({ length: column.bounds.length - 1 }, (_, row) => textAt(column, row));
}

/** Rows [from, to): a view. */
export function textRows({ bytes, bounds }: TextColumn, from: number, to: number): TextColumn {
  return { bytes, bounds: bounds.subarray(from, to + 1) };
}

/** The rows with these numbers, in their order. */
export function pickTexts({ bytes, bounds }: TextColumn, rows: Uint32Array): TextColumn {
  return packed(Array.from(rows, (row) => bytes.subarray(bounds[row], bounds[row + 1])));
}

/** Columns one behind the other. */
export function joinTexts(columns: readonly TextColumn[]): TextColumn {
  const [first] = columns;
  if (first !== undefined && columns.length === 1) return first;
  const rowCount = columns.reduce((sum, { bounds }) => sum + bounds.length - 1, 0);
  const bounds = new Uint32Array(rowCount + 1);
  const parts: Uint8Array[] = [];
  let row = 0;
  let end = 0;
  for (const column of columns) {
    const start = column.bounds[0] ?? 0;
    const last = column.bounds.at(-1) ?? start;
    parts.push(column.bytes.subarray(start, last));
    invariant(end + last - start <= BYTES_MAX, 'the texts of a column take less than 4 GiB');
    for (let i = 1; i < column.bounds.length; i += 1) {
      row += 1;
      bounds[row] = end + (column.bounds[i] as number) - start;
    }
    end += last - start;
  }
  const bytes = new Uint8Array(end);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return { bytes, bounds };
}
