// The persistent part of the embedded log (control path): topics, chunks, group offsets and fences, in one node:sqlite
// file.
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { MillraceError, messageOf } from '../../core/errors.ts';
import type { TopicPartition } from '../../core/topic-partition.ts';
import type { CommittedOffset, TopicSpec } from '../../ports/event-log.ts';
import { packChunk, unpackChunk, type Chunk } from './log-chunk.ts';

const SCHEMA = `
CREATE TABLE IF NOT EXISTS log_topics (
  topic TEXT PRIMARY KEY, partitions INTEGER NOT NULL, compacted INTEGER NOT NULL, retention_ms REAL NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS log_chunks (
  topic TEXT NOT NULL, partition INTEGER NOT NULL, base_offset INTEGER NOT NULL, end_offset INTEGER NOT NULL,
  time_ms_max REAL NOT NULL, records BLOB NOT NULL, PRIMARY KEY (topic, partition, base_offset)
) STRICT;
CREATE TABLE IF NOT EXISTS log_offsets (
  group_id TEXT NOT NULL, topic TEXT NOT NULL, partition INTEGER NOT NULL, next_offset INTEGER NOT NULL,
  metadata TEXT NOT NULL, PRIMARY KEY (group_id, topic, partition)
) STRICT;
CREATE TABLE IF NOT EXISTS log_fences (name TEXT PRIMARY KEY, number INTEGER NOT NULL) STRICT;
`;

/** Milliseconds that a write waits for a write of another process. */
const BUSY_MS_MAX = 5_000;

type Statements = Readonly<Record<keyof typeof SQL, StatementSync>>;

const SQL = {
  topics: 'SELECT topic, partitions, compacted, retention_ms FROM log_topics',
  addTopic: 'INSERT INTO log_topics VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
  bounds:
    'SELECT min(base_offset) AS low, max(end_offset) AS high FROM log_chunks WHERE topic = ? AND partition = ?',
  insert: 'INSERT INTO log_chunks VALUES (?, ?, ?, ?, ?, ?)',
  chunk:
    'SELECT base_offset, end_offset, records FROM log_chunks WHERE topic = ? AND partition = ? AND end_offset > ? ORDER BY base_offset LIMIT 1',
  since:
    'SELECT base_offset FROM log_chunks WHERE topic = ? AND partition = ? AND time_ms_max >= ? ORDER BY base_offset LIMIT 1',
  drop: 'DELETE FROM log_chunks WHERE topic = ? AND partition = ? AND base_offset = ?',
  expire: 'DELETE FROM log_chunks WHERE topic = ? AND time_ms_max < ?',
  offset: 'SELECT next_offset, metadata FROM log_offsets WHERE group_id = ? AND topic = ? AND partition = ?',
  setOffset:
    'INSERT INTO log_offsets VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET next_offset = excluded.next_offset, metadata = excluded.metadata',
  fence: 'SELECT number FROM log_fences WHERE name = ?',
  raiseFence:
    'INSERT INTO log_fences VALUES (?, 1) ON CONFLICT DO UPDATE SET number = number + 1 RETURNING number',
  dataVersion: 'PRAGMA data_version',
} as const;

/** The file, or a database in memory if `path` is null. Throws CONFIG_INVALID if it cannot be opened. */
export class LogStore {
  readonly #database: DatabaseSync;
  readonly #run: Statements;

  constructor(path: string | null) {
    try {
      if (path !== null) mkdirSync(dirname(path), { recursive: true });
      this.#database = new DatabaseSync(path ?? ':memory:', { timeout: BUSY_MS_MAX });
      // NORMAL in WAL mode: a killed process loses nothing, a power cut at most the newest commits, never the file.
      this.#database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; ${SCHEMA}`);
    } catch (cause) {
      throw new MillraceError(
        'CONFIG_INVALID',
        `the embedded log cannot open its file: ${messageOf(cause)}`,
        {
          where: path ?? ':memory:',
          remedy: 'Give a path in a folder that exists and can be written, and that is not another database.',
          cause,
        },
      );
    }
    const prepared: Partial<Record<keyof typeof SQL, StatementSync>> = {};
    for (const [name, sql] of Object.entries(SQL))
      prepared[name as keyof typeof SQL] = this.#database.prepare(sql);
    this.#run = prepared as Statements; // every key of SQL was prepared just above
  }

  /** One atomic write, serialised with those of other processes. */
  transaction<T>(work: () => T): T {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.#database.exec('COMMIT');
      return result;
    } catch (error) {
      this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  topics(): TopicSpec[] {
    return this.#run.topics.all().map((row) => ({
      topic: String(row['topic']),
      partitions: Number(row['partitions']),
      compacted: row['compacted'] === 1,
      retentionMs: Number(row['retention_ms']),
    }));
  }

  addTopic(spec: TopicSpec): void {
    this.#run.addTopic.run(spec.topic, spec.partitions, spec.compacted ? 1 : 0, spec.retentionMs);
  }

  /** [low, high) of the stored records; null if there are none. */
  bounds(origin: TopicPartition): { low: number; high: number } | null {
    const row = this.#run.bounds.get(origin.topic, origin.partition);
    if (row === undefined || row['high'] === null) return null;
    return { low: Number(row['low']), high: Number(row['high']) };
  }

  insert(origin: TopicPartition, chunk: Chunk): void {
    let timeMsMax = Number.NEGATIVE_INFINITY;
    for (const time of chunk.timestampMs) if (time > timeMsMax) timeMsMax = time;
    const { topic, partition } = origin;
    this.#run.insert.run(topic, partition, chunk.baseOffset, chunk.endOffset, timeMsMax, packChunk(chunk));
  }

  /** The chunk that contains `offset`, or the next one after it. */
  chunkAt(origin: TopicPartition, offset: number): Chunk | null {
    const row = this.#run.chunk.get(origin.topic, origin.partition, offset);
    if (row === undefined) return null;
    const bytes = row['records'] as Uint8Array; // a BLOB column of a STRICT table
    const blob = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return unpackChunk(Number(row['base_offset']), Number(row['end_offset']), blob);
  }

  /** The base offset of the first chunk with a record of the time `timeMs` or later; null if there is none. */
  since(origin: TopicPartition, timeMs: number): number | null {
    const row = this.#run.since.get(origin.topic, origin.partition, timeMs);
    return row === undefined ? null : Number(row['base_offset']);
  }

  drop(origin: TopicPartition, baseOffset: number): void {
    this.#run.drop.run(origin.topic, origin.partition, baseOffset);
  }

  /** Deletes the chunks of a topic whose newest record is older than `timeMs`. */
  expire(topic: string, timeMs: number): void {
    this.#run.expire.run(topic, timeMs);
  }

  offset(groupId: string, origin: TopicPartition): CommittedOffset | null {
    const row = this.#run.offset.get(groupId, origin.topic, origin.partition);
    if (row === undefined) return null;
    return { offset: Number(row['next_offset']), metadata: String(row['metadata']) };
  }

  setOffset(groupId: string, origin: TopicPartition, at: CommittedOffset): void {
    this.#run.setOffset.run(groupId, origin.topic, origin.partition, at.offset, at.metadata);
  }

  /** A number that only increases: a group's generation, a writer's epoch. 0 before it is raised first. */
  fence(name: string): number {
    const row = this.#run.fence.get(name);
    return row === undefined ? 0 : Number(row['number']);
  }

  raiseFence(name: string): number {
    return Number(this.#run.raiseFence.get(name)?.['number']);
  }

  /** Changes when another process has written. */
  dataVersion(): number {
    return Number(this.#run.dataVersion.get()?.['data_version']);
  }

  close(): void {
    this.#database.close();
  }
}
