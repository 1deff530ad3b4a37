// A fixed piece of work (hot path) that every micro-benchmark is divided by, so that a faster or busier machine
// changes both: integer hashing over bytes and Float64 sums. No strings and maps: their hashes differ from one process
// to the next, and with them their cost.
const SIZE = 16_384;

const bytes = Uint8Array.from({ length: SIZE }, (_, i) => (i * 31) & 0xff);
const numbers = Float64Array.from({ length: SIZE }, (_, i) => i / 7);

/** Steps of one call: what its time is divided by. */
export const REFERENCE_STEPS: number = SIZE;

export function reference(): number {
  let hash = 0;
  let sum = 0;
  for (let i = 0; i < SIZE; i++) {
    hash = Math.imul(hash ^ (bytes[i] as number), 0x5bd1e995);
    hash ^= hash >>> 15;
    sum += (numbers[i] as number) * (hash & 7);
  }
  return hash + sum;
}
