// A row of a file as text (control path): to recognise it by, and for the dead letter that it may become.
import type { FileRow } from '../../../ports/row-file.ts';

/** Empty for values that are nested more deeply than can be written, though they can be read. */
export function rowText(row: FileRow): string {
  if (row.values === null) return row.text;
  try {
    return JSON.stringify(row.values, writable);
  } catch (error) {
    if (error instanceof RangeError) return '';
    throw error;
  }
}

/** JSON has no integers of 64 bits. */
function writable(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
