// Archived events of a source in SQLite (control path), from which a lost state is rebuilt.
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { RawBatch } from '../../core/batch.ts';
import { ByteColumn } from '../../core/byte-column.ts';
import { ARCHIVE_PAGE_BYTES_MAX, ARCHIVE_PAGE_ROWS_MAX } from '../../core/history-limits.ts';
import type { TopicPartition } from '../../core/topic-partition.ts';
import type { EventRows } from '../../ports/history.ts';

/** Each row states the range of offsets in which the topic has no other record. */
const SCHEMA = `
CREATE TABLE IF NOT EXISTS events (
  source INTEGER, offset INTEGER, offset_from INTEGER, offset_next INTEGER, record_time REAL, key BLOB, value BLOB,
  PRIMARY KEY (source, offset)
) WITHOUT ROWID;
`;

interface Event {
  readonly offset: number;
  readonly offset_next: number;
  readonly record_time: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
}

export class EventArchiveTable {
  readonly #insert: StatementSync;
  readonly #forget: StatementSync;
  readonly #firstSince: StatementSync;
  readonly #coverage: StatementSync;
  readonly #events: StatementSync;

  constructor(db: DatabaseSync) {
    db.exec(SCHEMA);
    this.#insert = db.prepare('INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING');
    this.#forget = db.prepare('DELETE FROM events WHERE source = ? AND offset >= ?');
    this.#firstSince = db.prepare(
      'SELECT min(offset) AS offset FROM events WHERE source = ? AND record_time >= ?',
    );
    this.#coverage = db.prepare(
      `SELECT offset_from, offset_next FROM events
       WHERE source = :source AND offset >= coalesce(
         (SELECT max(offset) FROM events WHERE source = :source AND offset <= :from), :from
       ) ORDER BY offset`,
    );
    this.#events = db.prepare(
      `SELECT offset, offset_next, record_time, key, value FROM events
       WHERE source = ? AND offset >= ? AND offset < ? ORDER BY offset LIMIT ${ARCHIVE_PAGE_ROWS_MAX}`,
    );
  }

  forget(source: number, fromOffset: number): void {
    this.#forget.run(source, fromOffset);
  }

  append(source: number, { raw, begin, end, offsetFrom }: EventRows): void {
    let from = offsetFrom;
    for (let i = begin; i < end; i++) {
      const offset = raw.offsets[i] as number;
      const next = raw.offsets[i + 1] ?? raw.offsetNext;
      const timestampMs = raw.timestampMs[i] as number;
      this.#insert.run(source, offset, from, next, timestampMs, raw.keys.at(i), raw.values.at(i));
      from = offset + 1;
    }
  }

  offsetForTime(source: number, timestampMs: number): number | null {
    const offset = this.#firstSince.get(source, timestampMs)?.['offset'] ?? null;
    return offset === null ? null : Number(offset);
  }

  /** Whether the rows from the one at or before `from` are contiguous up to `to`. */
  holds(source: number, from: number, to: number): boolean {
    let covered = from;
    for (const row of this.#coverage.iterate({ source, from })) {
      if (Number(row['offset_from']) > covered) break;
      covered = Math.max(covered, Number(row['offset_next']));
      if (covered >= to) break;
    }
    return covered >= to;
  }

  /** Pages with a bounded number of rows and bytes, and at least one row. */
  async *read(source: number, origin: TopicPartition, from: number, to: number): AsyncGenerator<RawBatch> {
    for (let at = from; at < to;) {
      const page = this.#page(source, at, to);
      const last = page.at(-1);
      if (last === undefined) return;
      yield batchOf(page, origin, last.offset_next);
      at = last.offset + 1;
    }
  }

  #page(source: number, from: number, to: number): Event[] {
    const page: Event[] = [];
    let bytes = 0;
    for (const row of this.#events.iterate(source, from, to)) {
      const event = row as unknown as Event; // the columns of the query
      page.push(event);
      bytes += (event.key?.length ?? 0) + (event.value?.length ?? 0);
      if (bytes >= ARCHIVE_PAGE_BYTES_MAX) break;
    }
    return page;
  }
}

function bufferOf(bytes: Uint8Array | null): Buffer | null {
  return bytes === null ? null : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function batchOf(page: readonly Event[], { topic, partition }: TopicPartition, offsetNext: number): RawBatch {
  return {
    origin: { topic, partition },
    count: page.length,
    offsets: Float64Array.from(page, ({ offset }) => offset),
    timestampMs: Float64Array.from(page, ({ record_time }) => record_time),
    keys: ByteColumn.of(page.map(({ key }) => bufferOf(key))),
    values: ByteColumn.of(page.map(({ value }) => bufferOf(value))),
    offsetNext,
    highWatermark: offsetNext,
    receivedAtMs: performance.now(),
  };
}
