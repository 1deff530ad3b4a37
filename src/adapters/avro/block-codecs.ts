// How the blocks of an Avro container file are compressed (control path). What a block becomes is bounded.
// Source: https://avro.apache.org/docs/1.12.0/specification/#required-codecs
import { crc32, inflateRawSync } from 'node:zlib';
import { snappyUncompressor } from 'hysnappy';
import { MillraceError } from '../../core/errors.ts';
import { AVRO_FILE_BLOCK_BYTES_MAX } from '../../core/log-limits.ts';
import { expandZstd } from '../../core/zstd-frames.ts';

/** @throws Error if the bytes are not what the codec writes, or become too many */
export type BlockCodec = (bytes: Buffer) => Buffer;

const BOUND = { maxOutputLength: AVRO_FILE_BLOCK_BYTES_MAX };
const CRC_BYTES = 4;
/** The length of what is compressed, before it: a varint of 32 bits. */
const LENGTH_BYTES_MAX = 5;
/** Three bytes, a copy with an offset of two bytes, make 64 bytes at most. */
const RATIO_MAX = 22;

let uncompress: ReturnType<typeof snappyUncompressor> | null = null;

const CODECS: ReadonlyMap<string, BlockCodec> = new Map<string, BlockCodec>([
  ['null', (bytes) => bytes],
  ['deflate', (bytes) => inflateRawSync(bytes, BOUND)],
  ['zstandard', (bytes) => expandZstd(bytes, AVRO_FILE_BLOCK_BYTES_MAX)],
  ['snappy', unsnapped],
]);

/** @throws DATA_INVALID for a codec that is not supported */
export function blockCodec(name: string): BlockCodec {
  const codec = CODECS.get(name);
  if (codec !== undefined) return codec;
  throw new MillraceError(
    'DATA_INVALID',
    `its codec is ${name}, and ${[...CODECS.keys()].join(', ')} are supported`,
    { remedy: 'Write the file again with one of these: avro-tools recodec --codec=deflate IN OUT.' },
  );
}

/** Snappy, then the CRC-32 of what was compressed. */
function unsnapped(bytes: Buffer): Buffer {
  if (bytes.length < CRC_BYTES) throw new Error('a block is too short');
  const body = bytes.subarray(0, -CRC_BYTES);
  const length = lengthOf(body);
  if (length > Math.min(AVRO_FILE_BLOCK_BYTES_MAX, body.length * RATIO_MAX))
    throw new Error(`a block is said to become ${length} bytes`);
  if (length === 0) return Buffer.alloc(0);
  const plain = Buffer.from((uncompress ??= snappyUncompressor())(body, length)); // a copy: the decoder's memory is reused
  if (crc32(plain) !== bytes.readUInt32BE(body.length))
    throw new Error('the checksum of a block is another one');
  return plain;
}

function lengthOf(body: Buffer): number {
  let length = 0;
  for (let i = 0; i < LENGTH_BYTES_MAX; i++) {
    const byte = body[i] ?? 0;
    length += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return length;
  }
  throw new Error('a block has no length');
}
