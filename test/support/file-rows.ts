/** The rows of the files that test/vectors/make_files.py writes, as it writes them to rows.ndjson. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FileBytes, FileRow, RowFile } from '../../src/ports/row-file.ts';

const FOLDER = join(import.meta.dirname, '..', 'vectors', 'files');

export function vectorFile(name: string): string {
  return join(FOLDER, name);
}

export type Row = Readonly<Record<string, unknown>>;

export const expectedRows: readonly Row[] = readFileSync(vectorFile('rows.ndjson'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Row);

export function bytesOf(name: string, chunks: Iterable<Buffer> | AsyncIterable<Buffer>): FileBytes {
  async function* all(): AsyncGenerator<Buffer> {
    yield* chunks;
  }
  return { name, share: () => null, chunks: all(), close: () => undefined };
}

/** Cut into pieces, as a stream gives them. */
export function pieces(bytes: Buffer, size: number): Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
    bytes.subarray(i * size, (i + 1) * size),
  );
}

/** A value as rows.ndjson has it. */
export function plain(value: unknown): unknown {
  if (value instanceof Date) return { ms: value.getTime() };
  if (typeof value === 'bigint')
    return Math.abs(Number(value)) > 2 ** 53 ? { long: String(value) } : Number(value);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)]));
}

export async function allRows(file: RowFile): Promise<FileRow[]> {
  const rows: FileRow[] = [];
  for await (const some of file.rows()) for (const row of some) rows.push(row);
  return rows;
}

/** By name, whichever form the rows have. */
export function named({ columns }: RowFile, { values }: FileRow): Row {
  if (!Array.isArray(values)) return plain(values) as Row; // an object
  return Object.fromEntries((columns ?? []).map((name, i) => [name, plain(values[i])]));
}
