// The values of Parquet columns as rows have them (control path). hyparquet rounds instants before 1970 up, and replaces bytes that
// are no UTF-8: here no byte is lost.
// Source: https://github.com/apache/parquet-format/blob/master/LogicalTypes.md
import type { ParquetParsers } from 'hyparquet';

const MICROS_PER_MS = 1_000n;
const NANOS_PER_MS = 1_000_000n;

/** A leading U+FEFF is a character of the text. */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The bytes themselves where they are no text, as of a column that is not said to be text: a column of bytes takes them. */
function textOf(bytes: Uint8Array): unknown {
  try {
    return utf8.decode(bytes);
  } catch {
    return bytes;
  }
}

function jsonOf(bytes: Uint8Array): unknown {
  const text = textOf(bytes);
  if (typeof text !== 'string') return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function instant(value: bigint, perMs: bigint): Date {
  const ms = value / perMs;
  return new Date(Number(value < 0n && value % perMs !== 0n ? ms - 1n : ms));
}

export const parsers: Partial<ParquetParsers> = {
  stringFromBytes: textOf,
  jsonFromBytes: jsonOf,
  timestampFromMicroseconds: (micros) => instant(micros, MICROS_PER_MS),
  timestampFromNanoseconds: (nanos) => instant(nanos, NANOS_PER_MS),
};
