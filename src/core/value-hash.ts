// 64 bits of hash of a column's value, as two signed halves (hot path). They depend on the value alone: sketches of
// different processes merge.
import type { ByteView } from './byte-view.ts';

/** The halves of the last hash. */
export const hashed: { high: number; low: number } = { high: 0, low: 0 };

const doubles = new Float64Array(1);
const words = new Uint32Array(doubles.buffer);

/** The finalizer of MurmurHash3, 32 bits. */
function mix(bits: number): number {
  let h = bits;
  h = Math.imul(h ^ (h >>> 16), 0x85eb_ca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2_ae35);
  return h ^ (h >>> 16);
}

/** Different pairs have different results. */
function mixPair(a: number, b: number): void {
  const first = mix((a + 0x9e37_79b9) | 0);
  const second = mix(first ^ b);
  hashed.high = second;
  hashed.low = mix(Math.imul(first, 0x9e37_79b1) ^ ((second << 15) | (second >>> 17)));
}

/** Hashes a number; 0 and -0 are one. */
export function hashNumber(value: number): void {
  doubles[0] = value === 0 ? 0 : value;
  mixPair(words[0] as number, words[1] as number);
}

/** Hashes the UTF-8 of a string, bytes [from, to), in two lanes of four bytes at a time. */
export function hashBytes({ view, octets }: ByteView, from: number, to: number): void {
  let a = to - from;
  let b = 0x811c_9dc5;
  let at = from;
  for (; at + 4 <= to; at += 4) {
    const word = view.getInt32(at, true);
    a = Math.imul(a ^ word, 0x5bd1_e995);
    a ^= a >>> 15;
    b = Math.imul(b ^ word, 0x85eb_ca6b) ^ (b >>> 13);
  }
  for (; at < to; at++) {
    a = Math.imul(a ^ (octets[at] as number), 0x5bd1_e995);
    b = Math.imul(b ^ (octets[at] as number), 0x0100_0193);
  }
  mixPair(a, b);
}
