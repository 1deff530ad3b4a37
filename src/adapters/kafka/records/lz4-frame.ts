// The size of an lz4 frame's content (hot path, once a batch), from the sizes of its blocks: the decoder has no bound.
// Format: https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md

const MAGIC = 0x184d2204;
const BLOCK_CHECKSUM = 0x10;
const CONTENT_SIZE = 0x08;
const DICTIONARY_ID = 0x01;
const NOT_COMPRESSED = 0x8000_0000;
/** 64 KiB, 256 KiB, 1 MiB and 4 MiB, by the three bits of the descriptor. */
const BLOCK_BYTES_MAX: readonly (number | undefined)[] = [
  ...Array.from({ length: 4 }, () => undefined),
  65_536,
  262_144,
  1_048_576,
  4_194_304,
];
/** One byte of a length stands for up to 255 bytes. */
const RATIO_MAX = 255;

/**
 * An upper bound of the bytes that a frame expands to; that of the blocks before the damage for one that is cut short.
 * @throws RangeError for bytes that are no frame
 */
export function lz4SizeMax(bytes: Buffer): number {
  if (bytes.length < 7 || bytes.readUInt32LE(0) !== MAGIC) throw new RangeError('it is no lz4 frame');
  const flags = bytes[4] as number;
  const blockMax = BLOCK_BYTES_MAX[((bytes[5] as number) >> 4) & 0x07];
  if (blockMax === undefined) throw new RangeError('its lz4 frame has an unknown block size');
  const checksum = (flags & BLOCK_CHECKSUM) === 0 ? 0 : 4;
  let at = 7 + ((flags & CONTENT_SIZE) === 0 ? 0 : 8) + ((flags & DICTIONARY_ID) === 0 ? 0 : 4);
  let size = 0;
  while (at + 4 <= bytes.length) {
    const head = bytes.readUInt32LE(at);
    if (head === 0) break;
    const length = head % NOT_COMPRESSED;
    size += head >= NOT_COMPRESSED ? length : Math.min(blockMax, length * RATIO_MAX);
    at += 4 + length + checksum;
  }
  return size;
}
