// Numbers as text (hot path): read from UTF-8 without a string or a BigInt, and without a loss that is not asked for.
import { decimal } from './decimal.ts';

const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const LETTER_E = 0x65;
const LOWER_CASE = 0x20;
const PLUS = 0x2b;

/** Digits that a Float64 has exactly. */
const EXACT_DIGITS_MAX = 15;
/** No exponent beyond makes another number. */
const EXPONENT_MAX = 100_000;

/** Digits of the largest signed and unsigned integers of 64 bits, and of the smallest. */
const UINT64_MAX = '18446744073709551615';
const INT64_MIN = '9223372036854775808';

/** Whether octets are a decimal integer of 64 bits, signed or not, as it is written: without a plus or needless zeros. */
export function isInt64Text(octets: Uint8Array, from: number, to: number): boolean {
  const isNegative = from < to && octets[from] === MINUS;
  const start = isNegative ? from + 1 : from;
  const length = to - start;
  if (length < 1 || length > UINT64_MAX.length) return false;
  for (let at = start; at < to; at++) if (!isDigit(octets[at] as number)) return false;
  if (octets[start] === ZERO) return length === 1 && !isNegative;
  const most = isNegative ? INT64_MIN : UINT64_MAX;
  if (length < most.length) return true;
  if (length > most.length) return false;
  for (let i = 0; i < length; i++) {
    const difference = (octets[start + i] as number) - most.charCodeAt(i);
    if (difference !== 0) return difference < 0;
  }
  return true;
}

function isDigit(octet: number): boolean {
  return octet >= ZERO && octet <= NINE;
}

/** Whether octets are base64 of RFC 4648, section 4, with padding. */
export function isBase64(octets: Uint8Array, from: number, to: number): boolean {
  if ((to - from) % 4 !== 0) return false;
  let end = to;
  while (end > from && end > to - 2 && octets[end - 1] === 0x3d) end--;
  for (let at = from; at < end; at++) if (!isBase64Digit(octets[at] as number)) return false;
  return true;
}

function isBase64Digit(octet: number): boolean {
  const letter = octet | LOWER_CASE;
  return (letter >= 0x61 && letter <= 0x7a) || isDigit(octet) || octet === PLUS || octet === 0x2f;
}

/** A decimal number in text: digits, perhaps a fraction, perhaps an exponent, as JSON has them. One is read after another. */
export class DecimalText {
  #octets: Uint8Array = new Uint8Array(0);
  #from = 0;
  #to = 0;
  #isNegative = false;
  /** The digits, a point perhaps between them, are octets [digitsFrom, digitsTo). */
  #digitsFrom = 0;
  #digitsTo = 0;
  #wholeDigits = 0;
  #exponent = 0;

  /** Whether octets [from, to) are a number, which the other methods are then of. */
  scan(octets: Uint8Array, from: number, to: number): boolean {
    this.#octets = octets;
    this.#from = from;
    this.#to = to;
    this.#isNegative = from < to && octets[from] === MINUS;
    let at = this.#isNegative ? from + 1 : from;
    this.#digitsFrom = at;
    while (at < to && isDigit(octets[at] as number)) at++;
    this.#wholeDigits = at - this.#digitsFrom;
    if (this.#wholeDigits === 0) return false;
    if (at < to && octets[at] === DOT) {
      const fraction = ++at;
      while (at < to && isDigit(octets[at] as number)) at++;
      if (at === fraction) return false;
    }
    this.#digitsTo = at;
    this.#exponent = 0;
    return at === to || this.#readExponent(at);
  }

  #readExponent(letter: number): boolean {
    const octets = this.#octets;
    if (((octets[letter] as number) | LOWER_CASE) !== LETTER_E) return false;
    let at = letter + 1;
    const isNegative = octets[at] === MINUS;
    if (isNegative || octets[at] === PLUS) at++;
    if (at >= this.#to) return false;
    let exponent = 0;
    for (; at < this.#to; at++) {
      if (!isDigit(octets[at] as number)) return false;
      exponent = Math.min(EXPONENT_MAX, exponent * 10 + ((octets[at] as number) - ZERO));
    }
    this.#exponent = isNegative ? -exponent : exponent;
    return true;
  }

  /** The number times 10^digits; NaN if that is no integer below 2^53. */
  scaled(digits: number): number {
    const octets = this.#octets;
    // Digits, from the first one on, that are in front of the point then.
    let left = this.#wholeDigits + this.#exponent + digits;
    let value = 0;
    for (let at = this.#digitsFrom; at < this.#digitsTo; at++) {
      if (octets[at] === DOT) continue;
      const digit = (octets[at] as number) - ZERO;
      if (left-- > 0) {
        value = value * 10 + digit;
        if (value > Number.MAX_SAFE_INTEGER) return Number.NaN;
      } else if (digit !== 0) return Number.NaN;
    }
    if (value === 0) return 0;
    for (; left > 0; left--) {
      value *= 10;
      if (value > Number.MAX_SAFE_INTEGER) return Number.NaN;
    }
    return this.#isNegative ? -value : value;
  }

  /** The number times 10^digits, rounded down; infinite if that is beyond 2^53. @param digits negative ones divide */
  floored(digits: number): number {
    const octets = this.#octets;
    let left = this.#wholeDigits + this.#exponent + digits;
    let value = 0;
    let hasRest = false;
    for (let at = this.#digitsFrom; at < this.#digitsTo; at++) {
      if (octets[at] === DOT) continue;
      const digit = (octets[at] as number) - ZERO;
      if (left-- > 0) value = value * 10 + digit;
      else if (digit !== 0) hasRest = true;
    }
    for (; left > 0 && value > 0 && value <= Number.MAX_SAFE_INTEGER; left--) value *= 10;
    if (value > Number.MAX_SAFE_INTEGER)
      return this.#isNegative ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
    return this.#isNegative ? -(value + Number(hasRest)) + 0 : value;
  }

  /** The nearest Float64, which may be infinite. */
  nearest(): number {
    const octets = this.#octets;
    let head = 0;
    let count = 0;
    let behind = 0;
    for (let at = this.#digitsFrom; at < this.#digitsTo; at++) {
      if (octets[at] === DOT) continue;
      head = head * 10 + ((octets[at] as number) - ZERO);
      if (head > 0) count++;
      if (count > EXACT_DIGITS_MAX) return this.#slowly();
      if (at - this.#digitsFrom > this.#wholeDigits) behind++;
    }
    const value = decimal(head, 0, 0, this.#exponent - behind);
    if (value !== value) return this.#slowly();
    return this.#isNegative ? -value : value;
  }

  #slowly(): number {
    const { buffer, byteOffset } = this.#octets;
    return Number(Buffer.from(buffer, byteOffset + this.#from, this.#to - this.#from).toString('latin1'));
  }
}
