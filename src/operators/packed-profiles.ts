// The profiles of a period as one value of the state store (control path): name and profile of each column, with their lengths.
import type { ColumnProfile } from '../stats/column-profile.ts';

const LENGTH_BYTES = 4;

function withLength(bytes: Buffer): Buffer {
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32LE(bytes.length);
  return Buffer.concat([length, bytes]);
}

export function packProfiles(columns: ReadonlyMap<string, ColumnProfile>): Uint8Array {
  return Buffer.concat(
    [...columns].flatMap(([name, profile]) => [
      withLength(Buffer.from(name)),
      withLength(profile.snapshot()),
    ]),
  );
}

/** Columns that are gone from the topology are left out. Throws for bytes that `packProfiles` did not write. */
export function unpackProfiles(packed: Uint8Array, into: ReadonlyMap<string, ColumnProfile>): void {
  const bytes = Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength);
  let at = 0;
  const next = (): Buffer => {
    const begin = at + LENGTH_BYTES;
    at = begin + bytes.readUInt32LE(at);
    return bytes.subarray(begin, at);
  };
  while (at < bytes.length) {
    const name = next().toString();
    const profile = next();
    into.get(name)?.restore(profile);
  }
}
