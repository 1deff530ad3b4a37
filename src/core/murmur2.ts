// murmur2 as the Java Kafka client computes it (hot path), so that keys map to the same partitions as in any other client.
// Source: org.apache.kafka.common.utils.Utils.murmur2 and BuiltInPartitioner.partitionForKey.

/** 32-bit murmur2 hash of bytes, as a signed integer. */
export function murmur2(bytes: Uint8Array): number {
  const length = bytes.length;
  const m = 0x5bd1e995;
  let h = 0x9747b28c ^ length;
  const words = length >> 2;
  for (let i = 0; i < words; i++) {
    const at = i << 2;
    let k =
      ((bytes[at] as number) & 0xff) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24);
    k = Math.imul(k, m);
    k ^= k >>> 24;
    k = Math.imul(k, m);
    h = Math.imul(h, m) ^ k;
  }
  const tail = words << 2;
  const rest = length & 3;
  if (rest >= 3) h ^= (bytes[tail + 2] as number) << 16;
  if (rest >= 2) h ^= (bytes[tail + 1] as number) << 8;
  if (rest >= 1) {
    h ^= bytes[tail] as number;
    h = Math.imul(h, m);
  }
  h ^= h >>> 13;
  h = Math.imul(h, m);
  h ^= h >>> 15;
  return h;
}

/** The partition of a key, 0 to partitions - 1. */
export function partitionOf(key: Uint8Array, partitions: number): number {
  return (murmur2(key) & 0x7fffffff) % partitions;
}

const CODE_MASK = 0xffffff;

/**
 * A stable code for a category that a Float32 feature can represent exactly: the low 24 bits of murmur2 of its
 * UTF-8 bytes. NaN for null.
 */
export function categoryCode(value: string | undefined): number {
  return value === undefined ? Number.NaN : murmur2(Buffer.from(value, 'utf8')) & CODE_MASK;
}
