// The varints of a record batch (hot path): zigzag, as in protobuf. They are not checked one by one: bytes past the end
// read as zero, and the caller checks `at` afterwards.

/** Bits of the varint's value in each byte. */
const BITS = 7;
const MORE = 0x80;
const TWO_7 = 128;
/** Bits in the first four bytes: bitwise operations are exact up to there. */
const SMALL_BITS = 28;
/** A varint of 32 bits has at most five bytes, one of 64 bits ten. */
const INT_BITS_MAX = 35;
const LONG_BITS_MAX = 70;

export class VarintReader {
  readonly #bytes: Uint8Array;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** A varint of 32 bits. */
  int(): number {
    const bytes = this.#bytes;
    let at = this.at;
    let byte = bytes[at++] as number;
    let rest = byte & 0x7f;
    for (let shift = BITS; byte >= MORE && shift < INT_BITS_MAX; shift += BITS) {
      byte = bytes[at++] as number;
      rest |= (byte & 0x7f) << shift;
    }
    this.at = at;
    return (rest >>> 1) ^ -(rest & 1);
  }

  /** A varint of 64 bits, exact up to 53. */
  long(): number {
    const bytes = this.#bytes;
    let at = this.at;
    let byte = bytes[at++] as number;
    let rest = byte & 0x7f;
    let shift = BITS;
    for (; byte >= MORE && shift < SMALL_BITS; shift += BITS) {
      byte = bytes[at++] as number;
      rest |= (byte & 0x7f) << shift;
    }
    if (!(byte >= MORE)) {
      this.at = at;
      return (rest >>> 1) ^ -(rest & 1);
    }
    for (let scale = 2 ** SMALL_BITS; byte >= MORE && shift < LONG_BITS_MAX; shift += BITS) {
      byte = bytes[at++] as number;
      rest += (byte & 0x7f) * scale;
      scale *= TWO_7;
    }
    this.at = at;
    return rest % 2 === 0 ? rest / 2 : -(rest + 1) / 2;
  }
}
