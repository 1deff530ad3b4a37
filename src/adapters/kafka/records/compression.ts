// Compressed record batches (hot path, once a batch): what Node itself can read.
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { MillraceError, messageOf } from '../../../core/errors.ts';
import { RECORD_BATCH_INFLATED_BYTES_MAX } from '../../../core/limits.ts';

interface Codec {
  readonly name: string;
  /** Undefined where Node has no decoder. */
  readonly expand?: (bytes: Buffer) => Buffer;
}

/** A batch is some hundred KB: few, large pieces. */
const OPTIONS = { maxOutputLength: RECORD_BATCH_INFLATED_BYTES_MAX, chunkSize: 131_072 };

/** As the attributes of a batch number them. */
const CODECS: readonly Codec[] = [
  { name: 'none', expand: (bytes) => bytes },
  { name: 'gzip', expand: (bytes) => gunzipSync(bytes, OPTIONS) },
  { name: 'snappy' },
  { name: 'lz4' },
  { name: 'zstd', expand: (bytes) => zstdDecompressSync(bytes, OPTIONS) },
];

/** The records of a batch, expanded; a view where they were not compressed. @throws LOG_FAILED */
export function decompress(codec: number, bytes: Buffer, where: string): Buffer {
  const { name, expand } = CODECS[codec] ?? { name: `codec ${codec}` };
  if (expand === undefined) {
    throw new MillraceError('LOG_FAILED', `record batches compressed by ${name} cannot be read`, {
      where,
      remedy:
        "Set compression.type of the producers, and of the topic if it says another one than 'producer', to zstd, gzip or none; older records must be passed over or written anew.",
    });
  }
  try {
    return expand(bytes);
  } catch (error) {
    throw new MillraceError('LOG_FAILED', `a ${name} record batch does not expand: ${messageOf(error)}`, {
      where,
      remedy: `Let producers send batches of less than ${RECORD_BATCH_INFLATED_BYTES_MAX} bytes before compression; if these are, the broker's copy is damaged.`,
      cause: error,
    });
  }
}
