// Decimals as Kafka Connect writes them in JSON (hot path): the unscaled integer as bytes in base64, big-endian, in two's
// complement. Source: org.apache.kafka.connect.data.Decimal.

/** 64 bytes have 154 digits, more than any database's number. */
const BYTES_MAX = 64;
/** Digits behind the point, or zeros in front of it. */
const SCALE_MAX = 1_000;
/** Powers of ten that a Float64 has exactly. */
const EXACT = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));

const NONE = -1;
const DIGITS = digitsTable();

function digitsTable(): Int8Array {
  const digits = new Int8Array(256).fill(NONE);
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  for (let i = 0; i < alphabet.length; i++) digits[alphabet.charCodeAt(i)] = i;
  return digits;
}

/** One is read after another. */
export class ConnectDecimal {
  readonly #bytes = new Uint8Array(BYTES_MAX);
  /** Exact below 2^53; above, `#large` is. */
  #unscaled = 0;
  #large: bigint | null = null;
  #scale = 0;

  /** Whether octets [from, to) are a number of this scale, which the other methods are then of. */
  scan(octets: Uint8Array, from: number, to: number, scale: number): boolean {
    const length =
      Number.isInteger(scale) && Math.abs(scale) <= SCALE_MAX ? this.#decode(octets, from, to) : 0;
    if (length === 0) return false;
    this.#scale = scale;
    const isNegative = (this.#bytes[0] as number) >= 0x80;
    let value = 0;
    for (let i = 0; i < length; i++) {
      const byte = this.#bytes[i] as number;
      value = value * 256 + (isNegative ? 255 - byte : byte);
    }
    // Of digits that were lost on the way, the sum is above as well.
    this.#large = value >= Number.MAX_SAFE_INTEGER ? this.#exact(length) : null;
    this.#unscaled = isNegative ? -value - 1 : value;
    return true;
  }

  /** The number of bytes; 0 if octets are no base64, or too many. */
  #decode(octets: Uint8Array, from: number, to: number): number {
    let end = to;
    while (end > from && end > to - 2 && octets[end - 1] === 0x3d) end--;
    const length = ((end - from) * 3) >> 2;
    if (length > BYTES_MAX || (end - from) % 4 === 1) return 0;
    let bits = 0;
    let count = 0;
    let at = 0;
    for (let i = from; i < end; i++) {
      const digit = DIGITS[octets[i] as number] as number;
      if (digit === NONE) return 0;
      bits = ((bits << 6) | digit) & 0xffff;
      count += 6;
      if (count < 8) continue;
      count -= 8;
      this.#bytes[at++] = (bits >> count) & 0xff;
    }
    return at;
  }

  /** Beyond 2^53: rare, so that an object does not matter. */
  #exact(length: number): bigint {
    const hex = Buffer.from(this.#bytes.buffer, 0, length).toString('hex');
    return BigInt.asIntN(8 * length, BigInt(`0x${hex}`));
  }

  /** The nearest Float64, which may be infinite. */
  nearest(): number {
    const scale = this.#scale;
    if (this.#large === null && scale >= 0 && scale < EXACT.length)
      return this.#unscaled / (EXACT[scale] as number) + 0;
    return Number(`${this.#large ?? this.#unscaled}e${-scale}`) + 0;
  }

  /** The number times 10^digits; NaN if that is no integer below 2^53. */
  scaled(digits: number): number {
    if (this.#large === null && digits === this.#scale) return this.#unscaled + 0;
    const shift = digits - this.#scale;
    const unscaled = this.#large ?? BigInt(this.#unscaled);
    const factor = 10n ** BigInt(Math.abs(shift));
    if (shift < 0 && unscaled % factor !== 0n) return Number.NaN;
    const value = Number(shift < 0 ? unscaled / factor : unscaled * factor);
    return Number.isSafeInteger(value) ? value : Number.NaN;
  }

  /** The digits of a whole number; null for another. */
  integerText(): string | null {
    const [whole, rest = ''] = this.text().split('.');
    return /^0*$/.test(rest) ? (whole as string) : null;
  }

  /** All of its digits: `-12.50`. */
  text(): string {
    const scale = this.#scale;
    const digits = String(this.#large ?? this.#unscaled + 0);
    if (scale <= 0) return digits === '0' ? digits : digits + '0'.repeat(-scale);
    const isNegative = digits.startsWith('-');
    const whole = (isNegative ? digits.slice(1) : digits).padStart(scale + 1, '0');
    return `${isNegative ? '-' : ''}${whole.slice(0, -scale)}.${whole.slice(-scale)}`;
  }
}

/** The inverse of `scan` (control path). */
export function connectBytes(unscaled: bigint): string {
  let length = 1;
  while (BigInt.asIntN(8 * length, unscaled) !== unscaled) length++;
  const hex = BigInt.asUintN(8 * length, unscaled).toString(16);
  return Buffer.from(hex.padStart(2 * length, '0'), 'hex').toString('base64');
}
