// Compressed record batches (hot path, once a batch), in the codecs that Node itself can read.
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { MillraceError, messageOf } from '../../../core/errors.ts';
import { RECORD_BATCH_INFLATED_BYTES_MAX } from '../../../core/limits.ts';

interface Codec {
  readonly name: string;
  /** Undefined if Node has no decoder. */
  readonly expand?: (bytes: Buffer) => Buffer;
}

/** A batch has some hundred KB: a few large pieces are faster than many small ones. */
const OPTIONS = { maxOutputLength: RECORD_BATCH_INFLATED_BYTES_MAX, chunkSize: 131_072 };

/** In the order of the codec number in a batch's attributes. */
const CODECS: readonly Codec[] = [
  { name: 'none', expand: (bytes) => bytes },
  { name: 'gzip', expand: (bytes) => gunzipSync(bytes, OPTIONS) },
  { name: 'snappy' },
  { name: 'lz4' },
  { name: 'zstd', expand: (bytes) => zstdDecompressSync(bytes, OPTIONS) },
];

/** The records of a batch, decompressed; a view if they are not compressed. @throws LOG_FAILED */
export function decompress(codec: number, bytes: Buffer, where: string): Buffer {
  const { name, expand } = CODECS[codec] ?? { name: `codec ${codec}` };
  if (expand === undefined) {
    throw new MillraceError('LOG_FAILED', `record batches compressed by ${name} cannot be read`, {
      where,
      remedy:
        "Set compression.type of the producers, and of the topic unless it is 'producer', to zstd, gzip or none; older records must be skipped or rewritten.",
    });
  }
  try {
    return expand(bytes);
  } catch (error) {
    throw new MillraceError(
      'LOG_FAILED',
      `a ${name} record batch cannot be decompressed: ${messageOf(error)}`,
      {
        where,
        remedy: `Let producers send batches of less than ${RECORD_BATCH_INFLATED_BYTES_MAX} bytes before compression; if they already do, the broker's copy is damaged.`,
        cause: error,
      },
    );
  }
}
