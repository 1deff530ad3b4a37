// Archived events, read back in the order of their offsets (control path: lost state is rebuilt from them).
import type { RawBatch } from '../../core/batch.ts';
import { ByteColumn } from '../../core/byte-column.ts';
import { ARCHIVE_PAGE_BYTES_MAX, ARCHIVE_PAGE_ROWS_MAX } from '../../core/history-limits.ts';
import type { EventSource } from '../../ports/history.ts';
import { ByteCursor } from './byte-cursor.ts';
import type { Database } from './database.ts';
import { OF_SOURCE, sourceParams } from './source-rows.ts';

const FIRST_SINCE = `
SELECT toFloat64(minOrNull(offset)) AS offset FROM events
WHERE ${OF_SOURCE} AND record_time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')`;

function timeParam(timestampMs: number): number {
  const bound = Number.MAX_SAFE_INTEGER; // callers pass infinite times as well
  return Math.max(-bound, Math.min(bound, Math.ceil(timestampMs)));
}

export async function firstEventSince(
  database: Database,
  source: EventSource,
  timestampMs: number,
): Promise<number | null> {
  const params = { ...sourceParams(source), since: timeParam(timestampMs) };
  const [row] = await database.rows<{ offset: number | null }>(FIRST_SINCE, params);
  return row?.offset ?? null;
}

/**
 * Each row states the range of offsets in which the topic has no other event. The rows of a range, with the row before and
 * the row after it, cover the range if each begins no later than its predecessor ends: no hole overlaps the range.
 */
const COVERAGE = `
WITH
  (SELECT max(offset) FROM events WHERE ${OF_SOURCE} AND offset <= {from:UInt64}) AS first,
  (SELECT minOrNull(offset) FROM events WHERE ${OF_SOURCE} AND offset >= {to:UInt64}) AS after
SELECT toFloat64(minOrNull(offset_from)) AS begins, toFloat64(maxOrNull(offset_next)) AS ends,
  toFloat64(countIf(offset_from > ended AND offset_from > {from:UInt64} AND ended < {to:UInt64})) AS holes
FROM (
  SELECT offset_from, offset_next,
    lagInFrame(offset_next, 1, 18446744073709551615)
      OVER (ORDER BY offset ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS ended
  FROM events
  WHERE ${OF_SOURCE} AND offset >= first AND (offset < {to:UInt64} OR offset = ifNull(after, 0))
)`;

export async function holdsEvents(
  database: Database,
  source: EventSource,
  from: number,
  to: number,
): Promise<boolean> {
  type Coverage = { begins: number | null; ends: number | null; holes: number };
  const [row] = await database.rows<Coverage>(COVERAGE, { ...sourceParams(source), from, to });
  if (row === undefined || row.begins === null || row.ends === null) return false;
  return row.begins <= from && row.ends >= to && row.holes === 0;
}

/** The first rows from {from} on, up to a number of rows or of bytes, whichever is reached first, and at least one. */
const PAGE = `
SELECT offset, offset_next, toUnixTimestamp64Milli(record_time) AS record_ms, key, value
FROM events
WHERE ${OF_SOURCE} AND offset >= {from:UInt64} AND offset <= (
  SELECT max(offset) FROM (
    SELECT offset, size, sum(size) OVER (ORDER BY offset ROWS UNBOUNDED PRECEDING) AS total
    FROM (
      SELECT offset, ifNull(length(key), 0) + ifNull(length(value), 0) AS size FROM events
      WHERE ${OF_SOURCE} AND offset >= {from:UInt64} AND offset < {to:UInt64}
      ORDER BY offset LIMIT {rowsMax:UInt32}
    )
  ) WHERE total - size < {bytesMax:UInt64}
) AND offset < {to:UInt64}
ORDER BY offset
FORMAT RowBinary`;

export async function* readEvents(
  database: Database,
  source: EventSource,
  from: number,
  to: number,
): AsyncGenerator<RawBatch> {
  const bounds = { to, rowsMax: ARCHIVE_PAGE_ROWS_MAX, bytesMax: ARCHIVE_PAGE_BYTES_MAX };
  for (let at = from; at < to;) {
    const page = readPage(
      source,
      await database.bytes(PAGE, { ...sourceParams(source), ...bounds, from: at }),
    );
    if (page.count === 0) return;
    yield page;
    at = (page.offsets[page.count - 1] as number) + 1;
  }
}

/** RowBinary (https://clickhouse.com/docs/interfaces/formats/RowBinary): the values of a row in sequence, little-endian. */
function readPage({ topic, partition }: EventSource, bytes: Buffer): RawBatch {
  const cursor = new ByteCursor(bytes);
  const offsets: number[] = [];
  const timestampMs: number[] = [];
  const keys: Array<Buffer | null> = [];
  const values: Array<Buffer | null> = [];
  let offsetNext = 0;
  while (!cursor.isAtEnd) {
    offsets.push(Number(cursor.take(8).readBigUInt64LE()));
    offsetNext = Number(cursor.take(8).readBigUInt64LE());
    timestampMs.push(Number(cursor.take(8).readBigInt64LE()));
    keys.push(nullable(cursor));
    values.push(nullable(cursor));
  }
  return {
    origin: { topic, partition },
    count: offsets.length,
    offsets: Float64Array.from(offsets),
    timestampMs: Float64Array.from(timestampMs),
    keys: ByteColumn.of(keys),
    values: ByteColumn.of(values),
    offsetNext,
    highWatermark: offsetNext,
    receivedAtMs: performance.now(),
  };
}

function nullable(cursor: ByteCursor): Buffer | null {
  return cursor.take(1)[0] === 1 ? null : cursor.take(cursor.count());
}
