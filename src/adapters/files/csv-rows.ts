// Rows of a CSV file (control path): RFC 4180 by csv-parse, with any single-character delimiter.
import { TextDecoder } from 'node:util';
import { type CsvError, parse, type Parser } from 'csv-parse';
import { MillraceError } from '../../core/errors.ts';
import { LOAD_ROW_BYTES_MAX } from '../../core/log-limits.ts';
import type { FileBytes, FileRow, RowFile } from '../../ports/row-file.ts';
import { rowTooLong } from './row-bounds.ts';

export interface CsvOptions {
  readonly delimiter: string;
  /** The names of the columns; null if the first row has them. */
  readonly columns: readonly string[] | null;
  /** Text that is a missing value, as the empty text is. */
  readonly nullText: string | null;
}

/** A quote within a field that has none at its start: the next row is recognised all the same. */
const RECOVERABLE = 'INVALID_OPENING_QUOTE';

/** @throws DATA_INVALID if the header cannot be read */
export async function openCsv(bytes: FileBytes, options: CsvOptions): Promise<RowFile> {
  const parsed = parsedRows(bytes, options);
  let first: readonly FileRow[] = [];
  let { columns } = options;
  if (columns === null) {
    const { value } = await parsed.next();
    first = value ?? [];
    const [header] = first;
    first = first.slice(1);
    columns = header === undefined ? [] : headerOf(bytes.name, header);
  }
  const count = columns.length;
  async function* rows(): AsyncGenerator<readonly FileRow[]> {
    for (const row of first) yield [checked(row, count)];
    for await (const some of parsed) yield some.map((row) => checked(row, count));
  }
  return { counts: 'line', columns, share: () => bytes.share(), rows, close: async () => bytes.close() };
}

function headerOf(name: string, { place, values }: FileRow): string[] {
  const where = `${name}:${place}`;
  if (!Array.isArray(values)) throw new MillraceError('DATA_INVALID', 'the header cannot be read', { where });
  const names = values.map((value) => String(value ?? '').trim());
  const twice = names.find((column, i) => column !== '' && names.indexOf(column) < i);
  if (twice === undefined) return names;
  throw new MillraceError('DATA_INVALID', `the header names the column ${twice} twice`, { where });
}

function checked(row: FileRow, count: number): FileRow {
  const { place, values } = row;
  if (!Array.isArray(values) || values.length === count) return row;
  const fault = `the row has ${values.length} values, and there are ${count} columns`;
  return { place, values: null, fault, text: values.join(',') };
}

/** The rows of each chunk of the file, the header among them. */
async function* parsedRows(
  { name, chunks }: FileBytes,
  { delimiter, nullText }: CsvOptions,
): AsyncGenerator<FileRow[]> {
  let rows: FileRow[] = [];
  const state: { failure: MillraceError | null } = { failure: null };
  let last = 0;
  let counted = 0;
  const parser = parse({
    bom: true,
    delimiter,
    // Each of them ends a row: csv-parse would take the first that it finds for all, and make one row of the others.
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    max_record_size: LOAD_ROW_BYTES_MAX,
    // Null: the row is not put into the parser's own queue.
    on_record: (fields: string[], { lines }) => {
      if (state.failure !== null) return null;
      if (lines > last + 1) counted += lineEnds(fields);
      last = lines;
      const values = fields.map((field) => (field === '' || field === nullText ? null : field));
      rows.push({ place: lines - counted, values });
      return null;
    },
    on_skip: (error) => {
      if (state.failure !== null || error === undefined) return undefined;
      const place = Number(error['lines']) - counted;
      if (error.code === RECOVERABLE)
        rows.push({ place, values: null, fault: quoteFault(RECOVERABLE), text: '' });
      else state.failure = faultOf(error, name, place);
      return undefined;
    },
  });
  const utf8 = new TextDecoder('utf-8', { fatal: true });
  parser.resume();
  try {
    for await (const chunk of chunks) {
      assertUtf8(utf8, chunk, name);
      await write(parser, chunk);
      if (rows.length > 0) yield rows;
      rows = [];
      if (state.failure !== null) throw state.failure;
    }
    assertUtf8(utf8, null, name);
    await end(parser);
    if (rows.length > 0) yield rows;
    if (state.failure !== null) throw state.failure;
  } finally {
    parser.destroy();
  }
}

function write(parser: Parser, chunk: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    parser.write(chunk, (error) => (error ? reject(error) : resolve()));
  });
}

function end(parser: Parser): Promise<void> {
  return new Promise((resolve, reject) => {
    parser.once('error', reject).once('end', resolve);
    parser.end();
  });
}

/** @param chunk null at the end, where no character may be left over */
function assertUtf8(decoder: TextDecoder, chunk: Buffer | null, where: string): void {
  try {
    if (chunk === null) decoder.decode();
    else decoder.decode(chunk, { stream: true });
  } catch (cause) {
    throw new MillraceError('DATA_INVALID', 'the file is not UTF-8', {
      where,
      remedy: 'Convert it first, for example with iconv -f latin1 -t utf-8.',
      cause,
    });
  }
}

/** csv-parse counts a carriage return and line feed within a field as two lines. */
function lineEnds(fields: readonly string[]): number {
  return fields.reduce((sum, field) => sum + field.split('\r\n').length - 1, 0);
}

/** What csv-parse says itself quotes the row. */
function quoteFault(code: string): string {
  if (code === RECOVERABLE) return 'there is a quote within a field that is not quoted';
  if (code === 'CSV_QUOTE_NOT_CLOSED') return 'a quoted field is not closed before the end of the file';
  return 'something follows the closing quote of a field';
}

function faultOf(error: CsvError, name: string, line: number): MillraceError {
  if (error.code === 'CSV_MAX_RECORD_SIZE') return rowTooLong(name, line);
  return new MillraceError(
    'DATA_INVALID',
    `${quoteFault(error.code)}: where the next row begins is unknown`,
    {
      where: `${name}:${line}`,
      remedy: 'Write a quote within a quoted field twice, and start the load again: it goes on from there.',
    },
  );
}
