// The persistent part of the embedded log (control path): topics, chunks, group offsets and fences, in one node:sqlite
// file.
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { TopicPartition } from '../../core/topic-partition.ts';
import type { CommittedOffset, TopicSpec } from '../../ports/event-log.ts';
import { inTransaction, openSqlite, prepareAll, sqliteError } from './sqlite.ts';
import { damagedChunk, packChunk, unpackChunk, type Chunk } from './log-chunk.ts';

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

type Statements = Readonly<Record<keyof typeof SQL, StatementSync>>;

// Chunks of a partition follow each other, so the index on their first offset finds every place without a scan: a log may
// have a million of them, and each commit asks for its end.
const SQL = {
  topics: 'SELECT topic, partitions, compacted, retention_ms FROM log_topics',
  addTopic: 'INSERT INTO log_topics VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
  bounds:
    'SELECT (SELECT min(base_offset) FROM log_chunks WHERE topic = :topic AND partition = :partition) AS low, end_offset AS high FROM log_chunks WHERE topic = :topic AND partition = :partition ORDER BY base_offset DESC LIMIT 1',
  insert: 'INSERT INTO log_chunks VALUES (?, ?, ?, ?, ?, ?)',
  chunk:
    'SELECT base_offset, end_offset, time_ms_max, records FROM log_chunks WHERE topic = :topic AND partition = :partition AND end_offset > :offset AND base_offset >= coalesce((SELECT max(base_offset) FROM log_chunks WHERE topic = :topic AND partition = :partition AND base_offset <= :offset), 0) ORDER BY base_offset LIMIT 1',
  since:
    'SELECT base_offset FROM log_chunks WHERE topic = ? AND partition = ? AND time_ms_max >= ? ORDER BY base_offset LIMIT 1',
  drop: 'DELETE FROM log_chunks WHERE topic = ? AND partition = ? AND base_offset = ?',
  dropBefore:
    'DELETE FROM log_chunks WHERE topic = :topic AND partition = :partition AND base_offset < :offset AND end_offset <= :offset AND base_offset < (SELECT max(base_offset) FROM log_chunks WHERE topic = :topic AND partition = :partition)',
  expire: 'DELETE FROM log_chunks WHERE topic = ? AND time_ms_max < ?',
  offset: 'SELECT next_offset, metadata FROM log_offsets WHERE group_id = ? AND topic = ? AND partition = ?',
  setOffset:
    'INSERT INTO log_offsets VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET next_offset = excluded.next_offset, metadata = excluded.metadata',
  fence: 'SELECT number FROM log_fences WHERE name = ?',
  raiseFence:
    'INSERT INTO log_fences VALUES (?, 1) ON CONFLICT DO UPDATE SET number = number + 1 RETURNING number',
  dataVersion: 'PRAGMA data_version',
} as const;

/**
 * The file, or a database in memory if `path` is null. Every method throws LOG_UNAVAILABLE for a full disk and the like,
 * CONFIG_INVALID for a file that cannot be used, DATA_INVALID for one that is damaged.
 */
export class LogStore {
  readonly #where: string;
  readonly #database: DatabaseSync;
  readonly #run: Statements;

  constructor(path: string | null) {
    this.#where = path ?? ':memory:';
    try {
      this.#database = openSqlite(this.#where, SCHEMA);
      this.#run = prepareAll(this.#database, SQL);
    } catch (error) {
      throw sqliteError(error, 'LOG', 'open the embedded log', this.#where);
    }
  }

  /** One atomic write, serialised with those of other processes. */
  transaction<T>(work: () => T): T {
    return this.#try('write to the embedded log', () => inTransaction(this.#database, work));
  }

  #try<T>(what: string, work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw sqliteError(error, 'LOG', what, this.#where);
    }
  }

  #read<T>(work: () => T): T {
    return this.#try('read the embedded log', work);
  }

  topics(): TopicSpec[] {
    return this.#read(() => this.#run.topics.all()).map((row) => ({
      topic: String(row['topic']),
      partitions: Number(row['partitions']),
      compacted: row['compacted'] === 1,
      retentionMs: Number(row['retention_ms']),
    }));
  }

  addTopic(spec: TopicSpec): void {
    const { topic, partitions, compacted, retentionMs } = spec;
    this.#try('create a topic', () =>
      this.#run.addTopic.run(topic, partitions, compacted ? 1 : 0, retentionMs),
    );
  }

  /** [low, high) of the stored records; null if there are none. */
  bounds(origin: TopicPartition): { low: number; high: number } | null {
    const row = this.#read(() => this.#run.bounds.get(named(origin)));
    if (row === undefined) return null;
    return { low: Number(row['low']), high: Number(row['high']) };
  }

  insert(origin: TopicPartition, chunk: Chunk): void {
    let timeMsMax = Number.NEGATIVE_INFINITY;
    for (const time of chunk.timestampMs) if (time > timeMsMax) timeMsMax = time;
    const { topic, partition } = origin;
    this.#run.insert.run(topic, partition, chunk.baseOffset, chunk.endOffset, timeMsMax, packChunk(chunk));
  }

  /** The chunk that contains `offset`, or the next one after it; a damaged one has a `fault`. */
  chunkAt(origin: TopicPartition, offset: number): Chunk | null {
    const row = this.#read(() => this.#run.chunk.get({ ...named(origin), offset }));
    if (row === undefined) return null;
    const bytes = row['records'] as Uint8Array; // a BLOB column of a STRICT table
    const blob = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const base = Number(row['base_offset']);
    const end = Number(row['end_offset']);
    return unpackChunk(base, end, blob) ?? damagedChunk(base, end, Number(row['time_ms_max']));
  }

  /** The base offset of the first chunk with a record of the time `timeMs` or later; null if there is none. */
  since(origin: TopicPartition, timeMs: number): number | null {
    const row = this.#read(() => this.#run.since.get(origin.topic, origin.partition, timeMs));
    return row === undefined ? null : Number(row['base_offset']);
  }

  drop(origin: TopicPartition, baseOffset: number): void {
    this.#run.drop.run(origin.topic, origin.partition, baseOffset);
  }

  /** Deletes the chunks of a partition that end at or before `offset`, except for its last one. */
  dropBefore(origin: TopicPartition, offset: number): void {
    this.#run.dropBefore.run({ ...named(origin), offset });
  }

  /** Deletes the chunks of a topic whose newest record is older than `timeMs`. */
  expire(topic: string, timeMs: number): void {
    this.#run.expire.run(topic, timeMs);
  }

  offset(groupId: string, origin: TopicPartition): CommittedOffset | null {
    const row = this.#read(() => this.#run.offset.get(groupId, origin.topic, origin.partition));
    if (row === undefined) return null;
    return { offset: Number(row['next_offset']), metadata: String(row['metadata']) };
  }

  setOffset(groupId: string, origin: TopicPartition, at: CommittedOffset): void {
    this.#run.setOffset.run(groupId, origin.topic, origin.partition, at.offset, at.metadata);
  }

  /** A number that only increases: a group's generation, a writer's epoch. 0 before it is raised first. */
  fence(name: string): number {
    const row = this.#read(() => this.#run.fence.get(name));
    return row === undefined ? 0 : Number(row['number']);
  }

  raiseFence(name: string): number {
    const row = this.#try('write to the embedded log', () => this.#run.raiseFence.get(name));
    return Number(row?.['number']);
  }

  /** Changes when another process has written. */
  dataVersion(): number {
    return Number(this.#read(() => this.#run.dataVersion.get())?.['data_version']);
  }

  close(): void {
    this.#database.close();
  }
}

function named({ topic, partition }: TopicPartition): { topic: string; partition: number } {
  return { topic, partition };
}
