// What readers of Millrace's own topics get (control path, once a fetch): no rows whose bytes cannot be had. Only a task
// can set such records aside; here they are skipped, counted and reported.
import type { RawBatch } from '../../core/batch.ts';
import { ByteColumn } from '../../core/byte-column.ts';
import { partitionName } from '../../core/topic-partition.ts';
import type { Telemetry } from '../../ports/telemetry.ts';

export function readableRows(raw: RawBatch, telemetry: Telemetry | null): RawBatch {
  const { unreadable, ...batch } = raw;
  if (unreadable === undefined) return raw;
  const rows: number[] = [];
  let next = 0;
  for (const { from, to } of unreadable) {
    for (; next < from; next++) rows.push(next);
    next = to;
  }
  for (; next < batch.count; next++) rows.push(next);
  const where = partitionName(batch.origin);
  const skipped = batch.count - rows.length;
  const first = batch.offsets[unreadable[0]?.from ?? 0];
  telemetry?.count('records_skipped_total', skipped, { topic: batch.origin.topic });
  telemetry?.raise('records_skipped', where, `${skipped} from offset ${first} on: ${unreadable[0]?.message}`);
  return {
    ...batch,
    count: rows.length,
    offsets: Float64Array.from(rows, (row) => batch.offsets[row] as number),
    timestampMs: Float64Array.from(rows, (row) => batch.timestampMs[row] as number),
    keys: picked(batch.keys, rows),
    values: picked(batch.values, rows),
    ...(batch.header === undefined ? {} : { header: picked(batch.header, rows) }),
  };
}

function picked({ bytes, starts, ends }: ByteColumn, rows: readonly number[]): ByteColumn {
  return new ByteColumn(
    bytes,
    Int32Array.from(rows, (row) => starts[row] as number),
    Int32Array.from(rows, (row) => ends[row] as number),
  );
}
