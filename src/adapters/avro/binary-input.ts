// Avro's binary encoding, read forward (hot path): no object or closure per value, and nothing that bytes claim is believed
// beyond their end. Source: https://avro.apache.org/docs/1.12.0/specification/#binary-encoding
import { OctetInput } from '../shared/octet-input.ts';
import { digitCount, writeDigits } from '../../core/text-bytes.ts';

/** Returned by `varint` if the bytes are cut short or the number has no exact Float64. */
const BAD = Number.NaN;
const TWO_27 = 2 ** 27;
/** A 64-bit zigzag number has 63 bits beside its sign, 36 of them above the lowest 27. */
const HIGH_MAX = 2 ** 36 - 1;
/** Digits that `digits` writes apart from those before them: both parts then are exact. */
const LAST_DIGITS = 6;
const MINUS = 0x2d;
/** 64 bits in groups of seven. */
const VARINT_BYTES_MAX = 10;

export class BinaryInput extends OctetInput {
  /** Of the number that `wide` read: its bits above the lowest 27, these, and its sign, as in -(high * 2^27 + low) - 1. */
  #high = 0;
  #low = 0;
  #isNegative = false;

  /** A zigzag varint of up to 64 bits, exact from -(2^53 - 1) to 2^53 - 1; BAD beyond, or past the end (`at` is then > `end`). */
  protected varint(): number {
    const octets = this.octets;
    const end = this.end;
    let at = this.at;
    if (at >= end) {
      this.at = end + 1;
      return BAD;
    }
    let byte = octets[at++] as number;
    if (byte < 0x80) {
      this.at = at;
      return (byte >>> 1) ^ -(byte & 1);
    }
    let low = byte & 0x7f;
    let shift = 7;
    while (shift < 28) {
      if (at >= end) {
        this.at = end + 1;
        return BAD;
      }
      byte = octets[at++] as number;
      low |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        this.at = at;
        return (low >>> 1) ^ -(low & 1);
      }
      shift += 7;
    }
    // The rest as Float64, since shifts would wrap at 32 bits; without the sign bit, so that 2^53 - 1 stays exact.
    let half = low >>> 1;
    let scale = TWO_27;
    for (let i = 4; i < VARINT_BYTES_MAX; i++) {
      if (at >= end) {
        this.at = end + 1;
        return BAD;
      }
      byte = octets[at++] as number;
      half += (byte & 0x7f) * scale;
      scale *= 128;
      if (byte < 0x80) {
        this.at = at;
        if (half > Number.MAX_SAFE_INTEGER - (low & 1)) return BAD;
        return (low & 1) === 1 ? -half - 1 : half;
      }
    }
    this.at = at;
    return BAD;
  }

  /** The bits above the lowest 27, apart from them: together they may have no exact Float64. */
  #readHigh(low: number): boolean {
    this.#low = low >>> 1;
    this.#isNegative = (low & 1) === 1;
    let high = 0;
    let scale = 1;
    for (let i = 4; i < VARINT_BYTES_MAX; i++) {
      if (this.at >= this.end) {
        this.at = this.end + 1;
        return false;
      }
      const byte = this.octets[this.at++] as number;
      high += (byte & 0x7f) * scale;
      scale *= 128;
      if (byte < 0x80) {
        this.#high = high;
        return high <= HIGH_MAX;
      }
    }
    return false;
  }

  /** Reads a zigzag varint of 64 bits, for `nearest` and `quotient`; false if there is none. */
  protected wide(): boolean {
    let low = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      if (this.at >= this.end) {
        this.at = this.end + 1;
        return false;
      }
      const byte = this.octets[this.at++] as number;
      low |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        this.#high = 0;
        this.#low = low >>> 1;
        this.#isNegative = (low & 1) === 1;
        return true;
      }
    }
    return this.#readHigh(low);
  }

  /** The Float64 nearest to the number that `wide` read: one rounding, as both parts are exact. */
  protected nearest(): number {
    return this.#isNegative
      ? -(this.#high * TWO_27 + (this.#low + 1)) // 0 of a number that is not negative is never -0
      : this.#high * TWO_27 + this.#low;
  }

  /** Writes the decimal digits of the number that `wide` read, 20 octets at most; returns the end position. */
  protected digits(into: Uint8Array): number {
    const by = 10 ** LAST_DIGITS;
    const rest = TWO_27 % by;
    const low = this.#isNegative ? this.#low + 1 : this.#low;
    const below = (this.#high % by) * rest + low;
    const first =
      this.#high * Math.floor(TWO_27 / by) + Math.floor(this.#high / by) * rest + Math.floor(below / by);
    const last = below % by;
    let at = 0;
    if (this.#isNegative) into[at++] = MINUS;
    if (first === 0) return writeDigits(into, at, last, digitCount(last));
    at = writeDigits(into, at, first, digitCount(first));
    return writeDigits(into, at, last, LAST_DIGITS);
  }

  /** The number that `wide` read divided by up to 2^20, rounded down, exactly. */
  protected quotient(by: number): number {
    const whole = Math.floor(TWO_27 / by);
    const rest = TWO_27 % by;
    const highRest = this.#high % by;
    const half =
      this.#high * whole +
      Math.floor(this.#high / by) * rest +
      Math.floor((highRest * rest + this.#low) / by);
    return this.#isNegative ? -half - 1 : half;
  }
}
