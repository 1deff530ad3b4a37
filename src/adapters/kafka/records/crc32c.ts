// CRC-32C (Castagnoli), the checksum of record batches (hot path): sixteen bytes per step by tables ("slicing-by-16",
// after Kounavis and Berry 2008). Node's zlib has CRC-32 with another polynomial only.

const POLYNOMIAL = 0x82f63b78; // reflected
const STEP_BYTES = 16;

/** Entry 256 * z + b: the remainder of byte b followed by z zero bytes. One array, since each array costs a bounds check. */
function makeTables(): Int32Array {
  const tables = new Int32Array(256 * STEP_BYTES);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 0 ? crc >>> 1 : (crc >>> 1) ^ POLYNOMIAL;
    tables[byte] = crc;
  }
  for (let at = 256; at < tables.length; at++) {
    const before = tables[at - 256] as number;
    tables[at] = (tables[before & 0xff] as number) ^ (before >>> 8);
  }
  return tables;
}

const TABLES = makeTables();

/** Returns an unsigned number of 32 bits. */
export function crc32c(bytes: Uint8Array): number {
  const tables = TABLES;
  const { length } = bytes;
  const whole = length - (length % STEP_BYTES);
  let crc = -1;
  let at = 0;
  for (; at < whole; at += STEP_BYTES) {
    crc =
      (tables[3840 + ((crc ^ (bytes[at] as number)) & 0xff)] as number) ^
      (tables[3584 + (((crc >>> 8) ^ (bytes[at + 1] as number)) & 0xff)] as number) ^
      (tables[3328 + (((crc >>> 16) ^ (bytes[at + 2] as number)) & 0xff)] as number) ^
      (tables[3072 + ((crc >>> 24) ^ (bytes[at + 3] as number))] as number) ^
      (tables[2816 + (bytes[at + 4] as number)] as number) ^
      (tables[2560 + (bytes[at + 5] as number)] as number) ^
      (tables[2304 + (bytes[at + 6] as number)] as number) ^
      (tables[2048 + (bytes[at + 7] as number)] as number) ^
      (tables[1792 + (bytes[at + 8] as number)] as number) ^
      (tables[1536 + (bytes[at + 9] as number)] as number) ^
      (tables[1280 + (bytes[at + 10] as number)] as number) ^
      (tables[1024 + (bytes[at + 11] as number)] as number) ^
      (tables[768 + (bytes[at + 12] as number)] as number) ^
      (tables[512 + (bytes[at + 13] as number)] as number) ^
      (tables[256 + (bytes[at + 14] as number)] as number) ^
      (tables[bytes[at + 15] as number] as number);
  }
  for (; at < length; at++) crc = (tables[(crc ^ (bytes[at] as number)) & 0xff] as number) ^ (crc >>> 8);
  return (crc ^ -1) >>> 0;
}
