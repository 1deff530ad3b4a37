// Decimal digits as the nearest Float64 (hot path), without a string. Up to 2^53 with a power of ten up to 22 both are exact
// and one operation rounds once (Clinger, "How to read floating point numbers accurately", PLDI 1990). Longer fractions,
// which is how most random doubles print, are divided in two Float64s (Dekker, "A floating-point technique for extending the
// available precision", 1971), as long as the error of that cannot change how the quotient is rounded.

/** Powers of ten that a Float64 has exactly. */
const EXACT = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));
const EXACT_EXPONENT_MAX = 22;
const TWO_53 = 2 ** 53;
/** Splits a Float64 into halves of 26 bits. */
const SPLITTER = 2 ** 27 + 1;
const TWO_25 = 2 ** 25;
/** Bounds the relative error of the quotient's second part: each of its two roundings adds up to 2^-53. */
const SLACK = 2 ** -50;

/**
 * `(head * 10^tailDigits + tail) * 10^exponent`; NaN if that takes more than these operations.
 * @param head up to 15 digits
 * @param tail of up to four digits
 */
export function decimal(head: number, tail: number, tailDigits: number, exponent: number): number {
  const scale = EXACT[tailDigits] as number;
  const digits = head * scale + tail;
  if (digits === 0) return 0;
  if (digits < TWO_53) {
    if (exponent === 0) return digits;
    if (exponent < 0) {
      return exponent < -EXACT_EXPONENT_MAX ? Number.NaN : digits / (EXACT[-exponent] as number);
    }
    return exponent > EXACT_EXPONENT_MAX ? Number.NaN : digits * (EXACT[exponent] as number);
  }
  return exponent >= 0 || exponent < -EXACT_EXPONENT_MAX
    ? Number.NaN
    : quotient(head, tail, scale, EXACT[-exponent] as number);
}

/** `(head * scale + tail) / divisor`; NaN if it is too near to the middle between two Float64s to tell. */
function quotient(head: number, tail: number, scale: number, divisor: number): number {
  // The dividend as high + low, exactly.
  const upper = Math.floor(head / TWO_25) * TWO_25;
  const large = upper * scale;
  const small = (head - upper) * scale + tail;
  const high = large + small;
  const low = small - (high - large);
  const first = high / divisor;
  // What is left of `high`, exactly: the product of `first` and the divisor is `product + error`.
  const product = first * divisor;
  const firstHigh = upperHalf(first);
  const firstLow = first - firstHigh;
  const divisorHigh = upperHalf(divisor);
  const divisorLow = divisor - divisorHigh;
  const error =
    firstHigh * divisorHigh -
    product +
    firstHigh * divisorLow +
    firstLow * divisorHigh +
    firstLow * divisorLow;
  const second = (high - product - error + low) / divisor;
  const value = first + (second - second * SLACK);
  return value === first + (second + second * SLACK) ? value : Number.NaN;
}

function upperHalf(value: number): number {
  const scaled = SPLITTER * value;
  return scaled - (scaled - value);
}
