// The 24 low bits of murmur2, which is what a category is to a model. Source: MurmurHash2 by Austin Appleby (public domain),
// with the seed of Kafka's default partitioner; whole numbers as bigints, as in the reference.
const M = 0x5bd1e995n;
const SEED = 0x9747b28cn;
const u32 = (value: bigint): bigint => BigInt.asUintN(32, value);

export function categoryOf(text: string): number {
  const bytes = Buffer.from(text, 'utf8');
  let h = SEED ^ BigInt(bytes.length);
  let at = 0;
  for (; at + 4 <= bytes.length; at += 4) {
    let k = u32(BigInt(bytes.readUInt32LE(at)) * M);
    k ^= k >> 24n;
    h = u32(h * M) ^ u32(k * M);
  }
  if (at < bytes.length) {
    let tail = 0n;
    for (let i = bytes.length - 1; i >= at; i--) tail = (tail << 8n) | BigInt(bytes[i] as number);
    h = u32((h ^ tail) * M);
  }
  h ^= h >> 13n;
  h = u32(h * M);
  h ^= h >> 15n;
  return Number(h & 0xffffffn);
}
