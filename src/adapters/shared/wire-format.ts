// Confluent wire format (hot path): magic byte 0 and the schema's id as a 4-byte big-endian integer, or magic byte 1 and its
// GUID of 16 bytes, then the payload. Newer serializers put the same bytes into a header of the record instead.
// Source: https://docs.confluent.io/platform/current/schema-registry/fundamentals/serdes-develop/index.html#wire-format

export const FRAME_BYTES = 5;
export const GUID_FRAME_BYTES = 17;
/** Header of a record that names the schema of its value. */
export const VALUE_SCHEMA_HEADER = '__value_schema_id';
const MAGIC = 0;
const MAGIC_GUID = 1;

/** The schema id of framed bytes; -1 if they are not framed. */
export function schemaIdOf(bytes: Buffer): number {
  return schemaIdAt(bytes, 0, bytes.length);
}

/** The same for bytes [from, to). */
export function schemaIdAt(bytes: Buffer, from: number, to: number): number {
  return to - from >= FRAME_BYTES && bytes[from] === MAGIC ? bytes.readInt32BE(from + 1) : -1;
}

/** Whether bytes [from, to) begin with a frame that has a GUID. */
export function hasGuid(bytes: Buffer, from: number, to: number): boolean {
  return bytes[from] === MAGIC_GUID && to - from >= GUID_FRAME_BYTES;
}

/** The length of the frame, of either kind, that bytes [from, to) begin with; 0 if there is none. */
export function frameBytes(bytes: Buffer, from: number, to: number): number {
  if (hasGuid(bytes, from, to)) return GUID_FRAME_BYTES;
  return schemaIdAt(bytes, from, to) < 0 ? 0 : FRAME_BYTES;
}

/** The GUID of a frame at `from`, as a registry is asked for it. */
export function guidAt(bytes: Buffer, from: number): string {
  const hex = bytes.toString('hex', from + 1, from + GUID_FRAME_BYTES);
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** Writes the frame at the start of `into`. */
export function writeFrame(into: Buffer, schemaId: number): void {
  into[0] = MAGIC;
  into.writeInt32BE(schemaId, 1);
}
