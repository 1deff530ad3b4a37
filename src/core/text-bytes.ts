// Text as UTF-8 bytes in a buffer (hot path).
import { ByteColumn } from './byte-column.ts';

/** UTF-8 needs at most three bytes per UTF-16 unit. */
export const TEXT_BYTES_PER_UNIT_MAX = 3;

/** Up to this length a loop is faster than a call into native code. */
const SHORT_UNITS_MAX = 32;

/** Writes `text`, for which there must be room; returns the end position. Lone surrogates become U+FFFD. */
export function writeText(into: Buffer, at: number, text: string): number {
  const units = text.length;
  if (units <= SHORT_UNITS_MAX) {
    let i = 0;
    for (; i < units; i++) {
      const unit = text.charCodeAt(i);
      if (unit > 0x7f) break;
      into[at + i] = unit;
    }
    if (i === units) return at + units;
  }
  return at + into.write(text, at, 'utf8');
}

/** Copies a few bytes, for which there must be room; returns the end position. */
export function copyBytes(bytes: Uint8Array, into: Uint8Array, at: number): number {
  for (let i = 0; i < bytes.length; i++) into[at + i] = bytes[i] as number;
  return at + bytes.length;
}

/** Maximum digits of a 53-bit integer. */
export const DIGITS_MAX = 16;

const ZERO = 0x30;

/** Number of decimal digits of a non-negative integer. */
export function digitCount(value: number): number {
  let digits = 1;
  for (let bound = 10; value >= bound; bound *= 10) digits += 1;
  return digits;
}

/** Writes a non-negative integer of `digits` digits, for which there must be room; returns the end position. */
export function writeDigits(into: Uint8Array, at: number, value: number, digits: number): number {
  let rest = value;
  for (let i = at + digits - 1; i >= at; i--) {
    const next = Math.floor(rest / 10);
    into[i] = ZERO + (rest - next * 10);
    rest = next;
  }
  return at + digits;
}

/** Upper bound of the UTF-8 bytes of rows [from, to). */
export function textBytesMax(texts: readonly string[], from: number, to: number): number {
  let units = 0;
  for (let row = from; row < to; row++) units += (texts[row] as string).length;
  return units * TEXT_BYTES_PER_UNIT_MAX;
}

/** Rows [from, to) as UTF-8. */
export function textColumn(texts: readonly string[], from: number, to: number): ByteColumn {
  const bytes = Buffer.allocUnsafe(textBytesMax(texts, from, to));
  const starts = new Int32Array(to - from);
  const ends = new Int32Array(to - from);
  let at = 0;
  for (let row = from; row < to; row++) {
    starts[row - from] = at;
    at = writeText(bytes, at, texts[row] as string);
    ends[row - from] = at;
  }
  return new ByteColumn(bytes, starts, ends);
}
