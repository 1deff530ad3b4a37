// Bytes as base64 of RFC 4648, section 4, with padding (hot path): written as ASCII without a string.

const PAD = 0x3d;
const DIGITS = Uint8Array.from(
  Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'),
);

/** The length of so many bytes in base64. */
export function base64Length(bytes: number): number {
  return Math.ceil(bytes / 3) * 4;
}

/** Writes octets [from, to) in base64 to the start of `into`; returns the length. */
export function writeBase64(into: Uint8Array, octets: Uint8Array, from: number, to: number): number {
  let end = 0;
  for (let at = from; at < to; at += 3) {
    const second = at + 1 < to ? (octets[at + 1] as number) : 0;
    const third = at + 2 < to ? (octets[at + 2] as number) : 0;
    const bits = ((octets[at] as number) << 16) | (second << 8) | third;
    into[end++] = DIGITS[bits >>> 18] as number;
    into[end++] = DIGITS[(bits >>> 12) & 63] as number;
    into[end++] = at + 1 < to ? (DIGITS[(bits >>> 6) & 63] as number) : PAD;
    into[end++] = at + 2 < to ? (DIGITS[bits & 63] as number) : PAD;
  }
  return end;
}
