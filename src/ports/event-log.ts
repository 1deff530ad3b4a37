// Port: the event log (Kafka, or the embedded partitioned log).
import type { Observable } from 'rxjs';
import type { RawBatch } from '../core/batch.ts';
import type { ByteColumn } from '../core/byte-column.ts';
import type { TopicPartition } from '../core/topic-partition.ts';

export interface LogRecord {
  /** Null: the partition is chosen round robin. Otherwise by murmur2 of the key, like the Java client. */
  readonly key: Buffer | null;
  /** Null is a tombstone on a compacted topic. */
  readonly value: Buffer | null;
  /** Record timestamp, ms. */
  readonly timestampMs: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Overrides the key's partition. */
  readonly partition?: number;
}

/** Records of one partition as columns of equal length. */
export interface RecordBlock {
  readonly partition: number;
  readonly timestampMs: Float64Array;
  readonly keys: ByteColumn;
  readonly values: ByteColumn;
  /** One header per record. The embedded log does not store headers. */
  readonly header?: { readonly name: string; readonly values: ByteColumn };
}

/** Records that are appended to a topic together. */
export interface Appended {
  readonly topic: string;
  readonly records: readonly LogRecord[] | RecordBlock;
}

export interface TopicSpec {
  readonly topic: string;
  readonly partitions: number;
  /**
   * What to do about an existing topic with another partition count: `take` one with more, as it may have grown; `grow` one
   * with fewer and take one with more; refuse it if left out.
   */
  readonly resize?: 'take' | 'grow';
  readonly compacted: boolean;
  /** The topic whose records those of this one may contain, whatever their size and time; absent for a source. */
  readonly holds?: string;
  /** -1: unlimited. Topics whose records have old event times need it: a broker would delete them within minutes. */
  readonly retentionMs: number;
  /** How long a record of a compacted topic may stay after a newer one of its key, ms; left to the broker by default. */
  readonly compactedWithinMs?: number;
  /** Whether the engine deletes the first records of the topic itself, with `deleteRecords`. */
  readonly truncated?: boolean;
}

/**
 * A partition that this group member owns until `revoked` aborts.
 * The observable of `open` completes when the partition is revoked, fails with a MillraceError (LOG_FAILED), and emits
 * nothing while paused, except for fetches in flight. Opening again completes the previous observable: a task that failed
 * restarts from its last commit.
 */
export interface Assignment extends TopicPartition {
  /** Increases with every rebalance of the group: the fencing token of state writes. */
  readonly generation: number;
  readonly revoked: AbortSignal;
  /** Monotonic time (performance.now()) at which this member learned of the rebalance that assigned the partition, ms. */
  readonly rebalancingSinceMs: number;
  /**
   * Reads from this offset; null is the earliest.
   * @param topicId of the topic that the offset is of: the observable fails with LOG_CHANGED once it is another one
   */
  open(offset: number | null, topicId?: string | null): Observable<RawBatch>;
  pause(): void;
  resume(): void;
  /** The task calls it when it has stopped after `revoked`: a rebalance waits for that, up to a limit. */
  released(): void;
}

export interface SubscribeRequest {
  readonly groupId: string;
  readonly topic: string;
  /** Called each time that the group has admitted the member, with or without a partition. */
  readonly joined?: () => void;
  /**
   * Called with the topic's partition count before partitions are assigned, at first and when partitions were added to the
   * topic: the assignment waits for it.
   */
  readonly sized?: (partitions: number) => Promise<void>;
}

/** A group's position in a partition, with the metadata of its commit: '' if there is none. */
export interface CommittedOffset {
  readonly offset: number;
  readonly metadata: string;
}

/** Where records that were appended one after the other are: at offsets from `first` on, without a gap. */
export interface WrittenRun extends TopicPartition {
  /** -1 if the log does not say it: a repeated request was taken for the first one. */
  readonly first: number;
  readonly count: number;
}

/** Outputs of one task. One transaction per epoch: all of its records and the group's offset, or nothing. */
export interface EpochWriter {
  /**
   * Bytes of the key, the value and the headers of one record that the topic accepts; Infinity if it has no limit. A
   * larger record fails the commit with OUTPUT_TOO_LARGE.
   */
  recordBytesMax(topic: string): number;
  /** Buffers records until `commit`. */
  append(topic: string, records: Appended['records']): void;
  /**
   * The group offset at the time this writer was opened: by then, open transactions of older writers of the id are
   * committed or aborted. Null if nothing has been committed.
   */
  committed(groupId: string, source: TopicPartition): Promise<CommittedOffset | null>;
  /**
   * Commits the records that were appended before the call, and the group's offset; records that are appended during the
   * call belong to the next commit. One call at a time. Throws FENCED if a newer owner has taken over.
   * @param metadata stored with the offset, a few hundred bytes at most
   */
  commit(groupId: string, source: TopicPartition, offsetNext: number, metadata?: string): Promise<void>;
  close(): Promise<void>;
}

/** Records outside of any epoch, in transactions: all that were appended before a commit, or none. */
export interface RecordWriter extends Pick<EpochWriter, 'recordBytesMax' | 'append' | 'close'> {
  /**
   * One call at a time. Throws FENCED if a newer writer of the id was opened. After a failure the records may be in the log
   * or not, and the writer is of no use.
   * @returns where they are: of each partition in the order in which they were appended
   */
  commitRecords(): Promise<readonly WrittenRun[]>;
}

export interface LogEnd {
  /** What can be read ends here: before the first record of a transaction that is still open. */
  readonly readable: number;
  /** After the last record, whether or not its transaction has ended. */
  readonly end: number;
}

export interface EventLog {
  /**
   * Creates the topics that do not exist, and adds partitions to those that may grow. Throws LOG_FAILED if one exists with
   * another partition count, unless its `resize` allows it.
   */
  ensureTopics(topics: readonly TopicSpec[]): Promise<void>;
  /** By topic, at present; topics that do not exist are left out. */
  partitionCounts(topics: readonly string[]): Promise<ReadonlyMap<string, number>>;
  partitionCount(topic: string): Promise<number>;
  /** Another one for each topic that is created, also under the same name; null if the log has none. */
  topicId(topic: string): Promise<string | null>;
  /** Joins the group; unsubscribing leaves it. Each emission is a newly assigned partition. */
  subscribe(request: SubscribeRequest): Observable<Assignment>;
  /**
   * All partitions of a topic without a group: `earliest` to replay compacted topics, `latest` for new records only, or from
   * an offset; fails if its records have been deleted.
   */
  tail(topic: string, from: 'earliest' | 'latest' | number): Observable<RawBatch>;
  /** One partition of a topic without a group, from an offset on; fails with LOG_CHANGED if its records have been deleted. */
  follow(partition: TopicPartition, from: 'earliest' | number): Observable<RawBatch>;
  /** The offsets that each partition has at present, [low, high). */
  offsets(topic: string): Promise<ReadonlyArray<{ readonly low: number; readonly high: number }>>;
  /** Where each partition ends at present. Throws if the topic does not exist, on Kafka LOG_UNAVAILABLE after some seconds. */
  ends(topic: string): Promise<readonly LogEnd[]>;
  /** What a group has committed in a topic, by partition; absent if nothing. */
  committedOffsets(groupId: string, topic: string): Promise<ReadonlyMap<number, CommittedOffset>>;
  /**
   * What a group has committed in a partition as the log has recorded it: a coordinator of Kafka that has not loaded all of that
   * answers less. Null if nothing. It may take seconds.
   * @param answered what `committed` has answered: it counts if the record must not be read
   */
  recordedOffset(
    groupId: string,
    source: TopicPartition,
    answered: CommittedOffset | null,
  ): Promise<CommittedOffset | null>;
  /** Number of members of a group on a topic. The embedded log knows those of its own process. */
  memberCount(groupId: string, topic: string): Promise<number>;
  /** The first offset whose record timestamp is `timestampMs` or later; the end offset if there is none. */
  offsetForTime(partition: TopicPartition, timestampMs: number): Promise<number>;
  /**
   * Reads one partition once from `from` to `to` (exclusive), committed records only.
   * @param header the name of one that is to be read as well
   */
  read(topic: string, partition: number, from: number, to: number, header?: string): AsyncIterable<RawBatch>;
  /** Deletes the records of one partition below `offset`, which readers then cannot read any more. */
  deleteRecords(topic: string, partition: number, offset: number): Promise<void>;
  /** Idempotent publish outside of any epoch; resolves when all records are acknowledged. */
  publish(topic: string, records: readonly LogRecord[]): Promise<void>;
  /** @param transactionalId unique per topic-partition, so that a new owner fences the old one */
  epochWriter(transactionalId: string): Promise<EpochWriter>;
  /** The same for records that belong to no epoch. */
  recordWriter(transactionalId: string): Promise<RecordWriter>;
  close(): Promise<void>;
}
