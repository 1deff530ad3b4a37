// Compressed record batches (hot path, once a batch). Node reads gzip and zstd; the packages for snappy and lz4 are loaded
// with the first batch that needs them. A size that bytes claim is checked before memory is allocated for it.
import { gunzipSync } from 'node:zlib';
import { MillraceError, messageOf } from '../../../core/errors.ts';
import { RECORD_BATCH_INFLATED_BYTES_MAX } from '../../../core/log-limits.ts';
import { expandZstd } from '../../../core/zstd-frames.ts';
import { requireNative } from '../../shared/optional-package.ts';
import { type BatchFault, unreadable } from './batch-fault.ts';
import { lz4SizeMax } from './lz4-frame.ts';
import { type SnappyModule, SnappyReader } from './snappy-reader.ts';
import { TooLarge } from './too-large.ts';

interface Lz4Module {
  decompressFrameSync(bytes: Buffer): Buffer;
}

interface Codec {
  readonly name: string;
  /** @throws Error for bytes that it cannot expand */
  readonly expand: (bytes: Buffer) => Buffer;
}

/** A batch has some hundred KB: a few large pieces are faster than many small ones. */
const OPTIONS = { maxOutputLength: RECORD_BATCH_INFLATED_BYTES_MAX, chunkSize: 131_072 };

const NEEDS = 'a record batch needs';

let snappy: SnappyReader | null = null;
let lz4: Lz4Module | null = null;

/** In the order of the codec number in a batch's attributes. */
const CODECS: readonly Codec[] = [
  { name: 'none', expand: (bytes) => bytes },
  { name: 'gzip', expand: (bytes) => gunzipSync(bytes, OPTIONS) },
  { name: 'snappy', expand: expandSnappy },
  { name: 'lz4', expand: expandLz4 },
  { name: 'zstd', expand: (bytes) => expandZstd(bytes, RECORD_BATCH_INFLATED_BYTES_MAX, OPTIONS.chunkSize) },
];

function expandSnappy(bytes: Buffer): Buffer {
  snappy ??= new SnappyReader(requireNative('hysnappy', NEEDS) as SnappyModule);
  return snappy.expand(bytes);
}

function expandLz4(bytes: Buffer): Buffer {
  if (lz4SizeMax(bytes) > RECORD_BATCH_INFLATED_BYTES_MAX) throw new TooLarge();
  lz4 ??= requireNative('lz4-napi', NEEDS) as Lz4Module;
  return lz4.decompressFrameSync(bytes);
}

/** The records of a batch; a view if they are not compressed. @throws CONFIG_INVALID if a codec's package is missing */
export function decompress(codec: number, bytes: Buffer): Buffer | BatchFault {
  const known = CODECS[codec];
  if (known === undefined) return unreadable(`is compressed by an unknown codec, number ${codec}`);
  try {
    return known.expand(bytes);
  } catch (error) {
    if (error instanceof MillraceError) throw error;
    if (isTooLarge(error)) return tooLarge(known.name);
    return unreadable(`cannot be decompressed as ${known.name}: ${messageOf(error)}`);
  }
}

function isTooLarge(error: unknown): boolean {
  return (
    error instanceof TooLarge ||
    (error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE')
  );
}

function tooLarge(name: string): BatchFault {
  return {
    code: 'BATCH_TOO_LARGE',
    message: `the record batch, compressed as ${name}, expands past ${RECORD_BATCH_INFLATED_BYTES_MAX} bytes`,
    mayPass: false,
  };
}
