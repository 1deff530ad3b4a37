// Confluent wire format (hot path): magic byte 0, schema id as a 4-byte big-endian integer, then the payload.
// Source: https://docs.confluent.io/platform/current/schema-registry/fundamentals/serdes-develop/index.html#wire-format

export const FRAME_BYTES = 5;
const MAGIC = 0;

/** The schema id of framed bytes; -1 if they are not framed. */
export function schemaIdOf(bytes: Buffer): number {
  return schemaIdAt(bytes, 0, bytes.length);
}

/** The same for bytes [from, to). */
export function schemaIdAt(bytes: Buffer, from: number, to: number): number {
  return to - from >= FRAME_BYTES && bytes[from] === MAGIC ? bytes.readInt32BE(from + 1) : -1;
}

/** Writes the frame at the start of `into`. */
export function writeFrame(into: Buffer, schemaId: number): void {
  into[0] = MAGIC;
  into.writeInt32BE(schemaId, 1);
}
