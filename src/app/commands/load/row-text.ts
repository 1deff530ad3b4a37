// A row of a file as text (control path): to recognise it by, and for the dead letter that it may become.
import type { FileRow } from '../../../ports/row-file.ts';

export function rowText(row: FileRow): string {
  return row.values === null ? row.text : JSON.stringify(row.values, writable);
}

/** JSON has no integers of 64 bits. */
function writable(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
