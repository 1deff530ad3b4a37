// Zigzag varints as in Avro, Protobuf and Kafka (hot path): 7 bits per byte, least significant first.

/** Maximum bytes of a 64-bit varint. */
export const VARINT_BYTES_MAX = 10;

/** Writes a 32-bit integer; returns the end position. */
export function writeVarint(into: Uint8Array, at: number, value: number): number {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0;
  let end = at;
  while (rest > 0x7f) {
    into[end++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  into[end++] = rest;
  return end;
}

/**
 * Writes a 53-bit integer; returns the end position. A fraction is cut off, a number beyond is written as the nearest
 * 53-bit integer and NaN as zero, so that no number can make it write other bytes or never end.
 */
export function writeVarlong(into: Uint8Array, at: number, value: number): number {
  if (value === (value | 0) && value >= -0x4000_0000 && value < 0x4000_0000)
    return writeVarint(into, at, value);
  const whole = Number.isSafeInteger(value) ? value : nearestSafeInteger(value);
  // Twice a 53-bit integer may have no exact Float64, so the lowest bits are written before it is doubled.
  const half = whole < 0 ? -whole - 1 : whole;
  const low = ((half % 0x40) * 2) | (whole < 0 ? 1 : 0);
  let rest = Math.floor(half / 0x40);
  let end = at;
  if (rest === 0) {
    into[end++] = low;
    return end;
  }
  into[end++] = low | 0x80;
  while (rest > 0x7f) {
    into[end++] = (rest % 0x80) | 0x80;
    rest = Math.floor(rest / 0x80);
  }
  into[end++] = rest;
  return end;
}

/** NaN is 0. */
function nearestSafeInteger(value: number): number {
  const whole = Math.trunc(value) || 0;
  return Math.min(Math.max(whole, Number.MIN_SAFE_INTEGER), Number.MAX_SAFE_INTEGER);
}
