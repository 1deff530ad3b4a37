// The digits of integers of 64 bits (hot path), written as ASCII without a BigInt or a string.

const LIMB = 0x1_0000;
/** Nine digits are taken off at a time: a remainder times 2^16 is below 2^53. */
const CHUNK = 1e9;
const CHUNK_DIGITS = 9;
const MINUS = 0x2d;
const ZERO = 0x30;

/** Bytes of the longest: -9223372036854775808, 18446744073709551615. */
export const INT64_DIGITS_MAX = 20;

/**
 * Writes the number to the end of `into[0, INT64_DIGITS_MAX)`; returns its start.
 * @param high bits above 32, as is `low` of those below
 */
export function writeInt64(into: Uint8Array, high: number, low: number, isSigned: boolean): number {
  const isNegative = isSigned && high < 0;
  // The two's complement: inverted, plus one.
  const lowest = isNegative ? -low >>> 0 : low >>> 0;
  const highest = isNegative ? (~high + (lowest === 0 ? 1 : 0)) >>> 0 : high >>> 0;
  let a = highest >>> 16;
  let b = highest & 0xffff;
  let c = lowest >>> 16;
  let d = lowest & 0xffff;
  let at = INT64_DIGITS_MAX;
  for (;;) {
    let rest = a % CHUNK;
    a = Math.floor(a / CHUNK);
    rest = rest * LIMB + b;
    b = Math.floor(rest / CHUNK);
    rest = (rest % CHUNK) * LIMB + c;
    c = Math.floor(rest / CHUNK);
    rest = (rest % CHUNK) * LIMB + d;
    d = Math.floor(rest / CHUNK);
    rest %= CHUNK;
    const isLast = a === 0 && b === 0 && c === 0 && d === 0;
    for (let digit = 0; isLast ? rest > 0 || digit === 0 : digit < CHUNK_DIGITS; digit++) {
      into[--at] = ZERO + (rest % 10);
      rest = Math.floor(rest / 10);
    }
    if (isLast) break;
  }
  if (isNegative) into[--at] = MINUS;
  return at;
}
