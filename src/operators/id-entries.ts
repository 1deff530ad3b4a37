// Lists of (id, event time) as bytes, for append-only state: length (uint32), id (UTF-8), time (float64), repeated.

const TIME_BYTES = 8;
const LENGTH_BYTES = 4;

export function encodeEntry(id: string, timeMs: number): Buffer {
  const idBytes = Buffer.byteLength(id);
  const bytes = Buffer.allocUnsafe(LENGTH_BYTES + idBytes + TIME_BYTES);
  bytes.writeUInt32LE(idBytes, 0);
  bytes.write(id, LENGTH_BYTES);
  bytes.writeDoubleLE(timeMs, LENGTH_BYTES + idBytes);
  return bytes;
}

/** Calls back for each entry in the order in which it was added. */
export function decodeEntries(blob: Uint8Array, each: (id: string, timeMs: number) => void): void {
  const bytes = Buffer.from(blob.buffer, blob.byteOffset, blob.byteLength);
  let at = 0;
  while (at < bytes.length) {
    const idBytes = bytes.readUInt32LE(at);
    const idAt = at + LENGTH_BYTES;
    each(bytes.toString('utf8', idAt, idAt + idBytes), bytes.readDoubleLE(idAt + idBytes));
    at = idAt + idBytes + TIME_BYTES;
  }
}
