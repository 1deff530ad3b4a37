// Rows of a Parquet file (control path), by hyparquet: row group by row group, some thousand rows at a time.
import { open, type FileHandle } from 'node:fs/promises';
import { parquetMetadata, parquetRead, parquetSchema, type FileMetaData } from 'hyparquet';
import { messageOf, MillraceError } from '../../core/errors.ts';
import { LOAD_PARQUET_ROWS, PARQUET_FOOTER_BYTES_MAX } from '../../core/log-limits.ts';
import type { FileRow, RowFile } from '../../ports/row-file.ts';
import { named } from '../shared/named-rows.ts';
import { checkCodecs, pageCodecs } from './parquet-codecs.ts';
import { damaged, readChunks } from './parquet-chunks.ts';
import { columnChanges, type Change } from './parquet-shapes.ts';
import { parsers } from './parquet-values.ts';

/** The length of the metadata and the magic bytes. */
const TAIL_BYTES = 8;
const MAGIC = 'PAR1';

/**
 * @param wanted the columns of the file to read
 * @throws DATA_INVALID for what is no Parquet file
 */
export async function openParquet(name: string, wanted: (column: string) => boolean): Promise<RowFile> {
  const file = await open(name);
  try {
    const { size } = await file.stat();
    const metadata = await metadataOf(file, size);
    const changes = columnChanges(metadata);
    const names = parquetSchema(metadata).children.map(({ element }) => element.name);
    const read = names.filter(wanted);
    checkCodecs(metadata, read);
    let rowsRead = 0;
    const total = Number(metadata.num_rows);
    async function* rows(): AsyncGenerator<FileRow[]> {
      for await (const some of rowsOf({ file, byteLength: size, metadata, columns: read, changes })) {
        rowsRead += some.length;
        yield some;
      }
    }
    return {
      counts: 'row',
      // Rows have no place for the others: a file may have thousands of them.
      columns: read,
      allColumns: names,
      share: () => (total === 0 ? 1 : rowsRead / total),
      rows: () => named(rows(), (cause) => unreadable(name, cause)),
      close: () => file.close(),
    };
  } catch (cause) {
    await file.close();
    throw unreadable(name, cause);
  }
}

async function metadataOf(file: FileHandle, size: number): Promise<FileMetaData> {
  const tail = await bytesAt(file, Math.max(0, size - TAIL_BYTES), Math.min(size, TAIL_BYTES));
  if (size < TAIL_BYTES || tail.toString('latin1', 4) !== MAGIC) throw damaged('it is no Parquet file');
  const length = tail.readUInt32LE() + TAIL_BYTES;
  if (length > size) throw damaged('its metadata are said to be longer than the file');
  if (length > PARQUET_FOOTER_BYTES_MAX)
    throw damaged(`its metadata have ${length} bytes, and ${PARQUET_FOOTER_BYTES_MAX} are allowed`);
  return parquetMetadata(await bytesAt(file, size - length, length), { geoparquet: false });
}

async function bytesAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  await file.read(bytes, 0, length, position);
  return bytes;
}

interface Opened {
  readonly file: FileHandle;
  readonly byteLength: number;
  readonly metadata: FileMetaData;
  readonly columns: string[];
  readonly changes: ReadonlyMap<string, Change>;
}

async function* rowsOf({ file, byteLength, metadata, columns, changes }: Opened): AsyncGenerator<FileRow[]> {
  const changed = columns.flatMap((name, at) => {
    const change = changes.get(name);
    return change === undefined ? [] : [{ at, change }];
  });
  let groupStart = 0;
  for (const group of metadata.row_groups) {
    const groupEnd = groupStart + Number(group.num_rows);
    const chunks = await readChunks(file, byteLength, group, columns);
    for (let rowStart = groupStart; rowStart < groupEnd; rowStart += LOAD_PARQUET_ROWS) {
      const rowEnd = Math.min(rowStart + LOAD_PARQUET_ROWS, groupEnd);
      const found = await rowsBetween({ file: chunks, metadata, columns, rowStart, rowEnd });
      for (const row of found) for (const { at, change } of changed) row[at] = change(row[at]);
      yield found.map((values, i) => ({ place: rowStart + i + 1, values }));
    }
    groupStart = groupEnd;
  }
}

type Range = Pick<Parameters<typeof parquetRead>[0], 'file' | 'metadata' | 'columns' | 'rowStart' | 'rowEnd'>;

async function rowsBetween(range: Range): Promise<unknown[][]> {
  let rows: unknown[][] = [];
  await parquetRead({
    ...range,
    rowFormat: 'array',
    compressors: pageCodecs,
    parsers,
    utf8: false,
    onComplete: (read: unknown[][]) => (rows = read),
  });
  return rows;
}

function unreadable(name: string, cause: unknown): MillraceError {
  const { what, remedy } =
    cause instanceof MillraceError
      ? cause
      : { what: `the file cannot be read: ${messageOf(cause)}`, remedy: undefined };
  return new MillraceError('DATA_INVALID', what, {
    where: name,
    cause,
    ...(remedy === undefined ? {} : { remedy }),
  });
}
