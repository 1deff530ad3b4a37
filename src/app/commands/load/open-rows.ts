// Opens a file by its format (control path).
import { extname } from 'node:path';
import { openAvroFile } from '../../../adapters/avro/container-file.ts';
import { openCsv } from '../../../adapters/files/csv-rows.ts';
import { openBytes, sizeOf, STANDARD_INPUT } from '../../../adapters/files/file-bytes.ts';
import { jsonRows } from '../../../adapters/files/json-rows.ts';
import { openParquet } from '../../../adapters/files/parquet-rows.ts';
import { MillraceError } from '../../../core/errors.ts';
import type { RowFile } from '../../../ports/row-file.ts';

export const fileFormats = ['csv', 'tsv', 'jsonl', 'avro', 'parquet'] as const;
export type FileFormat = (typeof fileFormats)[number];

const BY_EXTENSION: Readonly<Record<string, FileFormat>> = {
  '.csv': 'csv',
  '.tsv': 'tsv',
  '.tab': 'tsv',
  '.json': 'jsonl',
  '.jsonl': 'jsonl',
  '.ndjson': 'jsonl',
  '.avro': 'avro',
  '.parquet': 'parquet',
  '.pq': 'parquet',
};

const COMPRESSED = /\.(gz|gzip|zst|zstd)$/i;

export interface RowOptions {
  /** Null: by the file's name. */
  readonly format: FileFormat | null;
  /** Null: the comma, or the tab for `tsv`. */
  readonly delimiter: string | null;
  /** Null: the first row of a CSV file has them. */
  readonly header: readonly string[] | null;
  readonly nullText: string | null;
  /** Whether a column of the file is one that the source takes. */
  readonly wanted: (column: string) => boolean;
}

/** Finds what is wrong with a file's name. @throws as `openRows` does */
export async function checkFile(name: string, format: RowOptions['format']): Promise<void> {
  if (name !== STANDARD_INPUT) await sizeOf(name);
  if (format === null) formatOf(name);
}

/** @throws CONFIG_INVALID if the format is unknown; DATA_INVALID if the file cannot be read */
export async function openRows(name: string, options: RowOptions): Promise<RowFile> {
  const format = options.format ?? formatOf(name);
  if (format === 'parquet') {
    if (name !== STANDARD_INPUT) return openParquet(name, options.wanted);
    throw new MillraceError('CONFIG_INVALID', 'a Parquet file begins at its end', {
      where: 'standard input',
      remedy: 'Save it, and name the file.',
    });
  }
  const bytes = await openBytes(name);
  if (format === 'jsonl') return jsonRows(bytes);
  if (format === 'avro') return openAvroFile(bytes);
  return openCsv(bytes, {
    delimiter: options.delimiter ?? (format === 'tsv' ? '\t' : ','),
    columns: options.header,
    nullText: options.nullText,
  });
}

function formatOf(name: string): FileFormat {
  const format = BY_EXTENSION[extname(name.replace(COMPRESSED, '')).toLowerCase()];
  if (format !== undefined) return format;
  const what =
    name === STANDARD_INPUT ? 'standard input has no name to know its format by' : 'the format is unknown';
  throw new MillraceError('CONFIG_INVALID', what, {
    where: name,
    remedy: `Give --format ${fileFormats.join(', or ')}.`,
  });
}
