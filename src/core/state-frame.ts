// The frame around every value that a state store keeps (hot path, once a key and commit): a version and a checksum that
// covers the key, so that a value that was cut, changed or put under another key does not pass for state.
// A value is one frame or several: an append adds one.
//   u8 version, u32 length of the payload, u32 CRC-32 of the payload with a hash of scope and key as its initial value;
//   the payload. Little-endian.
import { crc32 } from 'node:zlib';

const STATE_FRAME_VERSION = 1;
/** Bytes of a frame before its payload. */
export const STATE_FRAME_BYTES = 9;

/** The seed of a store's checksums: what is common to its keys, such as topology and partition. */
export function frameScope(scope: string): number {
  return crc32(scope);
}

const FNV_PRIME = 0x0100_0193;

/** FNV-1a of the key's UTF-16 units from the scope on: a call of the checksum costs more than a key has characters. */
function seedOf(scope: number, key: string): number {
  let hash = scope;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), FNV_PRIME);
  return hash >>> 0;
}

/** Writes a frame; `into` has room for it. Returns its end. */
export function writeFrame(
  scope: number,
  key: string,
  payload: Uint8Array,
  into: Buffer,
  start: number,
): number {
  let at = into.writeUInt8(STATE_FRAME_VERSION, start);
  at = into.writeUInt32LE(payload.length, at);
  at = into.writeUInt32LE(crc32(payload, seedOf(scope, key)), at);
  into.set(payload, at);
  return at + payload.length;
}

export function frameOf(scope: number, key: string, payload: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(STATE_FRAME_BYTES + payload.length);
  writeFrame(scope, key, payload, frame, 0);
  return frame;
}

/** The payloads of a value's frames, joined; null if a frame does not verify. The result may be a view of `value`. */
export function openFrames(scope: number, key: string, value: Uint8Array): Uint8Array | null {
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  const seed = seedOf(scope, key);
  const payloads: Buffer[] = [];
  let at = 0;
  do {
    if (bytes.length - at < STATE_FRAME_BYTES || bytes[at] !== STATE_FRAME_VERSION) return null;
    const length = bytes.readUInt32LE(at + 1);
    const end = at + STATE_FRAME_BYTES + length;
    if (end > bytes.length) return null;
    const payload = bytes.subarray(at + STATE_FRAME_BYTES, end);
    if (crc32(payload, seed) !== bytes.readUInt32LE(at + 5)) return null;
    payloads.push(payload);
    at = end;
  } while (at < bytes.length);
  return payloads.length === 1 ? (payloads[0] as Buffer) : Buffer.concat(payloads);
}
