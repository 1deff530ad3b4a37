// Fingerprints of Avro schemas (control path): CRC-64-AVRO of the Parsing Canonical Form, which Avro's single-object encoding
// names a writer's schema by.
// Source: https://avro.apache.org/docs/1.12.0/specification/#schema-fingerprints
import type { SubjectSchema } from './subject-schema.ts';

const EMPTY = 0xc15d_213a_a4d7_a795n;

const TABLE = BigUint64Array.from({ length: 256 }, (_, byte) => {
  let value = BigInt(byte);
  for (let bit = 0; bit < 8; bit++) value = (value >> 1n) ^ (EMPTY & -(value & 1n));
  return value;
});

/** CRC-64-AVRO. */
export function crc64(bytes: Uint8Array): bigint {
  let crc = EMPTY;
  for (const byte of bytes) crc = (crc >> 8n) ^ (TABLE[Number((crc ^ BigInt(byte)) & 0xffn)] as bigint);
  return crc;
}

/** The fingerprint as records have it, in hexadecimal: least significant byte first. @throws SCHEMA_INVALID */
export function fingerprintOf({ type }: SubjectSchema): string {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(crc64(Buffer.from(JSON.stringify(type.schema()))));
  return bytes.toString('hex');
}
