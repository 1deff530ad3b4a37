// What reads the bytes of one record into columns (types alone; the calls are on the hot path).
import type { ColumnBuilder, RecordFault } from '../../core/column-builder.ts';

export type RowFault = Pick<RecordFault, 'code' | 'message'>;

/** Reads the record in bytes [from, to) into the current row; returns what is wrong with it, or null. */
export interface RowReader {
  read(bytes: Buffer, from: number, to: number, into: ColumnBuilder): RowFault | null;
}
