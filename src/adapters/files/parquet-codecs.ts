// How the pages of a Parquet file are compressed (control path, once a page).
// Source: https://github.com/apache/parquet-format/blob/master/Compression.md
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import type { CompressionCodec, Compressors, FileMetaData } from 'hyparquet';
import { MillraceError } from '../../core/errors.ts';
import { expandZstd } from '../../core/zstd-frames.ts';
import { requireNative } from '../shared/optional-package.ts';

interface Lz4Module {
  /** A block behind its expanded length, of 4 bytes with the lowest first. */
  uncompressSync(bytes: Buffer): Buffer;
}

const LENGTH_BYTES = 4;

let lz4: Lz4Module | null = null;

/** Snappy is built into hyparquet. */
export const pageCodecs: Compressors = {
  GZIP: (input, length) => gunzipSync(input, { maxOutputLength: length + 1 }),
  BROTLI: (input, length) => brotliDecompressSync(input, { maxOutputLength: length + 1 }),
  ZSTD: (input, length) =>
    expandZstd(Buffer.from(input.buffer, input.byteOffset, input.byteLength), length + 1),
  LZ4_RAW: expandLz4,
};

const SUPPORTED: ReadonlySet<CompressionCodec> = new Set([
  'UNCOMPRESSED',
  'SNAPPY',
  ...(Object.keys(pageCodecs) as CompressionCodec[]), // the keys of the type
]);

/** @throws DATA_INVALID if the pages of a column that is read are compressed in another way */
export function checkCodecs({ row_groups: groups }: FileMetaData, columns: readonly string[]): void {
  for (const { columns: chunks } of groups) {
    for (const { meta_data: meta } of chunks) {
      if (meta === undefined || SUPPORTED.has(meta.codec)) continue;
      const [column] = meta.path_in_schema;
      if (column === undefined || !columns.includes(column)) continue;
      throw new MillraceError(
        'DATA_INVALID',
        `the column ${column} is compressed by ${meta.codec}, and ${[...SUPPORTED].join(', ')} are supported`,
        {
          remedy:
            "Write the file again, for example with pyarrow: pq.write_table(pq.read_table(IN), OUT, compression='zstd').",
        },
      );
    }
  }
}

function expandLz4(input: Uint8Array, length: number): Uint8Array {
  lz4 ??= requireNative('lz4-napi', 'a Parquet file with LZ4 pages needs') as Lz4Module; // as its types have it
  const block = Buffer.alloc(LENGTH_BYTES + input.length);
  block.writeUInt32LE(length);
  block.set(input, LENGTH_BYTES);
  return lz4.uncompressSync(block);
}
