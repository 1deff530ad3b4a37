// Values that become text, and decimals (hot path): from the bytes of an Avro record to octets, without a string or a BigInt.
import { base64Length, writeBase64 } from '../../core/base64-text.ts';
import { DecimalText } from '../../core/decimal-text.ts';
import { DECIMAL_BYTES_MAX, DECIMAL_SCALE_MAX } from '../../core/event-limits.ts';
import { SkippingInput } from './skipping-input.ts';

const MINUS = 0x2d;
export const DOT = 0x2e;
export const ZERO = 0x30;
const HEX = Uint8Array.from(Buffer.from('0123456789abcdef'));
export const UUID_BYTES = 16;
/** Octets before which a UUID has a dash. */
const DASHED: ReadonlySet<number> = new Set([4, 6, 8, 10]);
/** Digits of a byte are fewer than three. */
const SCRATCH_BYTES_START = DECIMAL_BYTES_MAX * 3 + DECIMAL_SCALE_MAX + 3;

export class ExactInput extends SkippingInput {
  /** What the methods write to, from its start on. */
  protected scratch: Buffer = Buffer.from(new ArrayBuffer(SCRATCH_BYTES_START));
  protected readonly decimal: DecimalText = new DecimalText();
  /** The magnitude of the decimal at hand, the highest byte first. */
  readonly #magnitude = new Uint8Array(DECIMAL_BYTES_MAX);
  readonly #digits = new Uint8Array(DECIMAL_BYTES_MAX * 3);

  /** Bytes [from, to) of the record's memory in base64; returns the length. */
  protected base64(from: number, to: number): number {
    const length = base64Length(to - from);
    if (length > this.scratch.length) this.scratch = Buffer.from(new ArrayBuffer(2 * length));
    return writeBase64(this.scratch, this.octets, from, to);
  }

  /** The 16 bytes at `from` as a UUID; returns the length. */
  protected uuid(from: number): number {
    const { octets, scratch } = this;
    let into = 0;
    for (let i = 0; i < UUID_BYTES; i++) {
      if (DASHED.has(i)) scratch[into++] = MINUS;
      const octet = octets[from + i] as number;
      scratch[into++] = HEX[octet >>> 4] as number;
      scratch[into++] = HEX[octet & 15] as number;
    }
    return into;
  }

  /**
   * The decimal of up to DECIMAL_BYTES_MAX bytes, in two's complement with the highest first; returns the length.
   * @param scale digits behind the point; zeros in front of it if it is negative
   */
  protected decimalText(from: number, to: number, scale: number): number {
    const isNegative = ((this.octets[from] as number) & 0x80) !== 0;
    const count = this.#readDigits(from, to, isNegative);
    const { scratch } = this;
    const digits = this.#digits;
    let into = 0;
    if (isNegative) scratch[into++] = MINUS;
    for (let place = Math.max(count, scale + 1) - 1; place >= 0; place--) {
      scratch[into++] = ZERO + (place < count ? (digits[place] as number) : 0);
      if (place === scale && scale > 0) scratch[into++] = DOT;
    }
    if (scale < 0 && !(count === 1 && digits[0] === 0)) {
      scratch.fill(ZERO, into, into - scale);
      into -= scale;
    }
    return into;
  }

  /** Writes the digits of the magnitude, the lowest first; returns how many there are, one at least. */
  #readDigits(from: number, to: number, isNegative: boolean): number {
    const magnitude = this.#magnitude;
    const bytes = to - from;
    let carry = 1;
    for (let i = bytes - 1; i >= 0; i--) {
      const octet = this.octets[from + i] as number;
      const inverted = isNegative ? (octet ^ 0xff) + carry : octet;
      magnitude[i] = inverted & 0xff;
      carry = inverted >>> 8;
    }
    const digits = this.#digits;
    let count = 0;
    let first = 0;
    while (first < bytes && magnitude[first] === 0) first++;
    do {
      let rest = 0;
      for (let i = first; i < bytes; i++) {
        const value = rest * 256 + (magnitude[i] as number);
        magnitude[i] = Math.floor(value / 10);
        rest = value % 10;
      }
      digits[count++] = rest;
      while (first < bytes && magnitude[first] === 0) first++;
    } while (first < bytes);
    return count;
  }
}
