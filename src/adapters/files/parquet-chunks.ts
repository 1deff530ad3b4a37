// The column chunks of one row group of a Parquet file, in memory (control path). hyparquet believes the sizes that a file
// claims, so they are checked before it sees them.
// Source: https://parquet.apache.org/docs/file-format/
import type { FileHandle } from 'node:fs/promises';
import type { AsyncBuffer, FileMetaData } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { MillraceError } from '../../core/errors.ts';
import {
  PARQUET_GROUP_BYTES_MAX,
  PARQUET_PAGE_BYTES_MAX,
  PARQUET_PAGE_VALUES_MAX,
} from '../../core/log-limits.ts';

type RowGroup = FileMetaData['row_groups'][number];

interface Chunk {
  readonly start: number;
  readonly bytes: Buffer;
}

/**
 * Reads the chunks of the columns. What is returned serves hyparquet in place of the file.
 * @throws DATA_INVALID for sizes beyond those of the file, or beyond the limits
 */
export async function readChunks(
  file: FileHandle,
  byteLength: number,
  group: RowGroup,
  columns: readonly string[],
): Promise<AsyncBuffer> {
  const ranges = group.columns.flatMap(({ meta_data: meta }) => {
    if (meta === undefined || !columns.includes(meta.path_in_schema[0] ?? '')) return [];
    const start = Number(meta.dictionary_page_offset || meta.data_page_offset);
    const size = Number(meta.total_compressed_size);
    if (!(start >= 0 && size >= 0 && start + size <= byteLength))
      throw damaged('a column is said to lie beyond the end of the file');
    return [{ start, size }];
  });
  const total = ranges.reduce((sum, { size }) => sum + size, 0);
  if (total > PARQUET_GROUP_BYTES_MAX)
    throw damaged(
      `the columns of a row group have ${total} bytes, and ${PARQUET_GROUP_BYTES_MAX} are allowed`,
    );
  const chunks: Chunk[] = [];
  for (const { start, size } of ranges) {
    const bytes = Buffer.alloc(size);
    const { bytesRead } = await file.read(bytes, 0, size, start);
    if (bytesRead < size) throw damaged('the file is shorter than it was');
    if (checkPages(bytes) < Number(group.num_rows))
      throw damaged('a row group is said to have more rows than values');
    chunks.push({ start, bytes });
  }
  return { byteLength, slice: (from, to = byteLength) => bytesBetween(chunks, from, to) };
}

/** hyparquet reads chunks together that are close to each other: what is between them is zero here. */
function bytesBetween(chunks: readonly Chunk[], from: number, to: number): ArrayBuffer {
  const within = chunks.filter(({ start, bytes }) => start >= from && start + bytes.length <= to);
  const [first] = within;
  if (first === undefined || to - from > 2 * PARQUET_GROUP_BYTES_MAX)
    throw damaged('bytes outside of a column are referred to');
  const all = Buffer.alloc(to - from);
  for (const { start, bytes } of within) bytes.copy(all, start - from);
  return all.buffer;
}

/** Walks through the headers of the pages; returns how many values they say they have. */
function checkPages(bytes: Buffer): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const reader = { view, offset: 0 };
  let total = 0;
  while (reader.offset < view.byteLength - 1) {
    const header = parquetHeader(reader);
    const { uncompressed_page_size: size, compressed_page_size: compressed } = header;
    const page = header.data_page_header ?? header.data_page_header_v2 ?? header.dictionary_page_header;
    const values = page?.num_values ?? 0;
    if (!(compressed >= 0 && compressed <= view.byteLength - reader.offset))
      throw damaged('a page is said to be longer than its column');
    if (!(size >= 0 && size <= PARQUET_PAGE_BYTES_MAX))
      throw damaged(`a page has ${size} bytes, and ${PARQUET_PAGE_BYTES_MAX} are allowed`);
    if (!(values >= 0 && values <= PARQUET_PAGE_VALUES_MAX))
      throw damaged(`a page has ${values} values, and ${PARQUET_PAGE_VALUES_MAX} are allowed`);
    if (header.dictionary_page_header === undefined) total += values;
    reader.offset += compressed;
  }
  return total;
}

export function damaged(what: string): MillraceError {
  return new MillraceError('DATA_INVALID', what, {
    remedy: 'Write the file again, with row groups of a million rows or fewer.',
  });
}
