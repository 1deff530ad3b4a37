// A log with topics of its own beside those of another one (control path): the parts of a backfilled topology exchange their
// events and answers in a file, and see everything else as the backfill does.
import type { Observable } from 'rxjs';
import type { RawBatch } from '../../core/batch.ts';
import type { TopicPartition } from '../../core/topic-partition.ts';
import type {
  Appended,
  Assignment,
  CommittedOffset,
  EpochWriter,
  EventLog,
  LogEnd,
  LogRecord,
  RecordWriter,
  SubscribeRequest,
  WrittenRun,
} from '../../ports/event-log.ts';
import type { OffsetRange } from '../../resilience/topic-ranges.ts';

export interface RoutedLogParts {
  /** Has the topics that are its own, and every position. */
  readonly own: EventLog;
  readonly isOwn: (topic: string) => boolean;
  /** Read alone: what is written to its topics goes nowhere. */
  readonly other: EventLog;
  /** Bytes of one record that a topic accepts where the topology runs live. */
  readonly recordBytesMax: (topic: string) => number;
}

export class RoutedLog implements EventLog {
  readonly #parts: RoutedLogParts;

  constructor(parts: RoutedLogParts) {
    this.#parts = parts;
  }

  #of(topic: string): EventLog {
    const { own, other, isOwn } = this.#parts;
    return isOwn(topic) ? own : other;
  }

  subscribe(request: SubscribeRequest): Observable<Assignment> {
    return this.#of(request.topic).subscribe(request);
  }

  async epochWriter(transactionalId: string): Promise<EpochWriter> {
    const writer = await this.#parts.own.epochWriter(transactionalId);
    return {
      ...this.#routed(writer),
      committed: (group, source) => writer.committed(group, source),
      commit: (group, source, offset, metadata) => writer.commit(group, source, offset, metadata),
    };
  }

  async recordWriter(transactionalId: string): Promise<RecordWriter> {
    const writer = await this.#parts.own.recordWriter(transactionalId);
    return {
      ...this.#routed(writer),
      commitRecords: (): Promise<readonly WrittenRun[]> => writer.commitRecords(),
    };
  }

  #routed(
    writer: Pick<EpochWriter, 'append' | 'close'>,
  ): Pick<EpochWriter, 'recordBytesMax' | 'append' | 'close'> {
    const { isOwn, recordBytesMax } = this.#parts;
    return {
      recordBytesMax,
      append(topic: string, records: Appended['records']): void {
        if (isOwn(topic)) writer.append(topic, records);
      },
      close: () => writer.close(),
    };
  }

  recordedOffset(
    group: string,
    source: TopicPartition,
    answered: CommittedOffset | null,
  ): Promise<CommittedOffset | null> {
    return this.#parts.own.recordedOffset(group, source, answered);
  }

  async committedOffsets(group: string, topic: string): Promise<ReadonlyMap<number, CommittedOffset>> {
    return this.#parts.own.committedOffsets(group, topic);
  }

  async partitionCounts(topics: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const { own, other, isOwn } = this.#parts;
    const counts = await own.partitionCounts(topics.filter(isOwn));
    return new Map([...counts, ...(await other.partitionCounts(topics.filter((topic) => !isOwn(topic))))]);
  }

  partitionCount(topic: string): Promise<number> {
    return this.#of(topic).partitionCount(topic);
  }

  topicId(topic: string): Promise<string | null> {
    return this.#of(topic).topicId(topic);
  }

  offsets(topic: string): Promise<readonly OffsetRange[]> {
    return this.#of(topic).offsets(topic);
  }

  ends(topic: string): Promise<readonly LogEnd[]> {
    return this.#of(topic).ends(topic);
  }

  tail(topic: string, from: 'earliest' | 'latest' | number): Observable<RawBatch> {
    return this.#of(topic).tail(topic, from);
  }

  follow(partition: TopicPartition, from: 'earliest' | number): Observable<RawBatch> {
    return this.#of(partition.topic).follow(partition, from);
  }

  read(topic: string, partition: number, from: number, to: number, header?: string): AsyncIterable<RawBatch> {
    return this.#of(topic).read(topic, partition, from, to, header);
  }

  offsetForTime(partition: TopicPartition, timestampMs: number): Promise<number> {
    return this.#of(partition.topic).offsetForTime(partition, timestampMs);
  }

  memberCount(group: string, topic: string): Promise<number> {
    return this.#of(topic).memberCount(group, topic);
  }

  async deleteRecords(topic: string, partition: number, offset: number): Promise<void> {
    if (this.#parts.isOwn(topic)) await this.#parts.own.deleteRecords(topic, partition, offset);
  }

  async publish(topic: string, records: readonly LogRecord[]): Promise<void> {
    if (this.#parts.isOwn(topic)) await this.#parts.own.publish(topic, records);
  }

  async ensureTopics(): Promise<void> {}

  /** Both logs belong to the caller. */
  async close(): Promise<void> {}
}
