// The size of a log record, as limits of topics count it (control path, once a record outside of blocks).

/** The lengths of a header's name and value. */
const HEADER_FRAME_BYTES = 10;

/** Bytes of the key, the value and the headers. */
export function recordBytes(record: {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers?: Readonly<Record<string, string>>;
}): number {
  let bytes = (record.key?.length ?? 0) + (record.value?.length ?? 0);
  for (const [name, value] of Object.entries(record.headers ?? {}))
    bytes += Buffer.byteLength(name) + Buffer.byteLength(value) + HEADER_FRAME_BYTES;
  return bytes;
}
