// Port: the event log (Kafka, or the partitioned log in the process).
import type { Observable } from 'rxjs';
import type { RawBatch } from '../core/batch.ts';
import type { ByteColumn } from '../core/byte-column.ts';
import type { TopicPartition } from '../core/topic-partition.ts';

export interface LogRecord {
  /** Null: partition is chosen round robin. Else murmur2 of the key, as the Java client does. */
  readonly key: Buffer | null;
  /** Null is a tombstone on a compacted topic. */
  readonly value: Buffer | null;
  /** Record timestamp, ms. */
  readonly timestampMs: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Overrides the key's partition. */
  readonly partition?: number;
}

/** Records of one partition as columns; of equal length. */
export interface RecordBlock {
  readonly partition: number;
  readonly timestampMs: Float64Array;
  readonly keys: ByteColumn;
  readonly values: ByteColumn;
  /** One header a record. The log in the process keeps none. */
  readonly header?: { readonly name: string; readonly values: ByteColumn };
}

/** What is appended to a topic at once. */
export interface Appended {
  readonly topic: string;
  readonly records: readonly LogRecord[] | RecordBlock;
}

export interface TopicSpec {
  readonly topic: string;
  readonly partitions: number;
  readonly compacted: boolean;
  /** -1 keeps for ever: topics that replay old event times need it, or a broker deletes them within minutes. */
  readonly retentionMs: number;
}

/**
 * A partition that this group member owns until `revoked` aborts.
 * The observable of `open` completes when the partition is revoked, errors with a MillraceError (LOG_FAILED), and emits
 * nothing while paused (what is in flight still comes). Opening again ends the observable before: a task that failed
 * begins anew from its last commit.
 */
export interface Assignment extends TopicPartition {
  /** Grows with every rebalance of the group: the fencing token of state writes. */
  readonly generation: number;
  readonly revoked: AbortSignal;
  /** Monotonic clock (performance.now()) when this member heard of the rebalance that gave it the partition, ms. */
  readonly rebalancingSinceMs: number;
  /** The group's committed offset at the time of the assignment, which `EpochWriter.committed` may know better. */
  readonly committedOffset: number | null;
  /** From this offset; null is the earliest. */
  open(offset: number | null): Observable<RawBatch>;
  pause(): void;
  resume(): void;
  /** The task calls it when it has stopped after `revoked`: a rebalance waits for it, up to a bound. */
  released(): void;
}

export interface SubscribeRequest {
  readonly groupId: string;
  readonly topic: string;
}

/** A group's position in a partition, with what its commit said about itself: '' for nothing. */
export interface CommittedOffset {
  readonly offset: number;
  readonly metadata: string;
}

/** Outputs of one task. One transaction an epoch: all of its records and the group's offset, or nothing. */
export interface EpochWriter {
  /** Buffers records until `commit`. */
  append(topic: string, records: Appended['records']): void;
  /**
   * G as it stood when this writer was opened: what older writers of the id had under way is committed or gone by then.
   * Null where nothing was committed.
   */
  committed(groupId: string, source: TopicPartition): Promise<CommittedOffset | null>;
  /**
   * Commits what was appended before the call, and the group's offset; what is appended meanwhile is for the next commit.
   * One at a time. Throws FENCED where a newer owner has taken over.
   * @param metadata kept with the offset, a few hundred bytes at most
   */
  commit(groupId: string, source: TopicPartition, offsetNext: number, metadata?: string): Promise<void>;
  close(): Promise<void>;
}

export interface EventLog {
  /** Creates those topics that are missing; throws LOG_FAILED where one exists with another partition count. */
  ensureTopics(topics: readonly TopicSpec[]): Promise<void>;
  partitionCount(topic: string): Promise<number>;
  /** Joins the group; unsubscribing leaves it. Each emission is a newly assigned partition. */
  subscribe(request: SubscribeRequest): Observable<Assignment>;
  /** All partitions of a topic without a group: `earliest` for replays of compacted topics, `latest` for what is new. */
  tail(topic: string, from: 'earliest' | 'latest'): Observable<RawBatch>;
  /** The offsets that `earliest`..`latest` span now: [low, high) of each partition. */
  offsets(topic: string): Promise<ReadonlyArray<{ readonly low: number; readonly high: number }>>;
  /** The first offset whose record timestamp is `timestampMs` or later; the end where there is none. */
  offsetForTime(of: TopicPartition, timestampMs: number): Promise<number>;
  /** One partition read once from `from` to `to` (exclusive), committed records alone. */
  read(topic: string, partition: number, from: number, to: number): AsyncIterable<RawBatch>;
  /** Idempotent publish outside of any epoch; resolves when all are acknowledged. */
  publish(topic: string, records: readonly LogRecord[]): Promise<void>;
  /** Id: unique a topic-partition, so that a new owner fences the old one. */
  epochWriter(transactionalId: string): Promise<EpochWriter>;
  close(): Promise<void>;
}
