// A stable hash of strings (hot path, once a string and dictionary): what an aggregate of a string column gets.
import { categoryCode } from './murmur2.ts';

const C1 = 0xcc9e2d51;
const C2 = 0x1b873593;
const TWO_24 = 0x1000000;

function rotateLeft(n: number, by: number): number {
  return (n << by) | (n >>> (32 - by));
}

function mixed(k: number): number {
  return Math.imul(rotateLeft(Math.imul(k, C1), 15), C2);
}

/** The finalizer of MurmurHash3: a bijection in which each bit of the input changes half of the output's, an unsigned integer. */
export function finalMix(k: number): number {
  let h = Math.imul(k ^ (k >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** MurmurHash3_x86_32 (Appleby, public domain) with seed 0, as an unsigned integer. */
export function murmur3(bytes: Uint8Array): number {
  const words = bytes.length >> 2;
  let h = 0;
  for (let i = 0; i < words; i++) {
    const at = i << 2;
    const k =
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24);
    h = (Math.imul(rotateLeft(h ^ mixed(k), 13), 5) + 0xe6546b64) | 0;
  }
  const tail = words << 2;
  let k = 0;
  for (let i = (bytes.length & 3) - 1; i >= 0; i--) k = (k << 8) | (bytes[tail + i] as number);
  if (tail < bytes.length) h ^= mixed(k);
  return finalMix(h ^ bytes.length);
}

/**
 * 53 bits of hash of a string's UTF-8 bytes, an integer that Float64 holds exactly and that is the same in every process
 * and version: 29 bits of MurmurHash3 above the 24 bits of the category code. Two of a million strings share a hash with a
 * probability of 6e-5.
 */
export function stringHash(value: string): number {
  return (murmur3(Buffer.from(value, 'utf8')) >>> 3) * TWO_24 + categoryCode(value);
}

/** The code that a `categorical` feature has for the string of this hash. */
export function categoryOfHash(hash: number): number {
  return hash % TWO_24;
}
