// Reads ClickHouse's Native format (hot path of a training set: columns arrive in their layout in memory).
// Source: https://clickhouse.com/docs/interfaces/formats/Native: blocks of
// column count, row count, then for each column: name, type, values. Counts are LEB128, values little-endian.
import { MillraceError } from '../../core/errors.ts';
import { textColumn, type TextColumn } from '../../core/text-column.ts';
import { ByteCursor } from './byte-cursor.ts';

export type NativeType = 'Float32' | 'Float64' | 'Array(Float32)' | 'String';

export interface NativeColumn {
  readonly type: NativeType;
  /** Bytes of the values; for an array, of the elements of all rows in sequence. */
  readonly bytes: Buffer;
  /** For an array: the number of elements up to the end of each row. */
  readonly ends: BigUint64Array | null;
  /** Of strings; `bytes` are theirs, one behind the other. */
  readonly texts: TextColumn;
}

const NO_TEXTS = textColumn([]);

export interface NativeBlock {
  readonly rowCount: number;
  readonly columns: readonly NativeColumn[];
}

function readColumn(cursor: ByteCursor, rowCount: number): NativeColumn {
  const name = cursor.text();
  const type = cursor.text();
  const numbers = { ends: null, texts: NO_TEXTS };
  if (type === 'Float32') return { type, bytes: cursor.take(rowCount * 4), ...numbers };
  if (type === 'Float64') return { type, bytes: cursor.take(rowCount * 8), ...numbers };
  if (type === 'String') {
    const texts = cursor.texts(rowCount);
    return { type, bytes: Buffer.from(texts.bytes.buffer), ends: null, texts };
  }
  if (type === 'Array(Float32)') {
    const ends = new BigUint64Array(rowCount);
    new Uint8Array(ends.buffer).set(cursor.take(rowCount * 8));
    const elements = rowCount === 0 ? 0 : Number(ends[rowCount - 1]);
    return { type, bytes: cursor.take(elements * 4), ends, texts: NO_TEXTS };
  }
  throw new MillraceError(
    'HISTORY_FAILED',
    `column ${name} came as ${type}, which this reader does not know`,
  );
}

/** All blocks with rows. Throws HISTORY_FAILED if the bytes end early or a column has another type. */
export function readNative(bytes: Buffer): NativeBlock[] {
  const cursor = new ByteCursor(bytes);
  const blocks: NativeBlock[] = [];
  while (!cursor.isAtEnd) {
    const columnCount = cursor.count();
    const rowCount = cursor.count();
    const columns: NativeColumn[] = [];
    for (let i = 0; i < columnCount; i++) columns.push(readColumn(cursor, rowCount));
    if (rowCount > 0) blocks.push({ rowCount, columns });
  }
  return blocks;
}
