// The event log inside the process (control path; its partitions and readers are the hot path).
import { setImmediate as nextTurn } from 'node:timers/promises';
import { defer, Observable, map, merge } from 'rxjs';
import type { RawBatch } from '../../core/batch.ts';
import { LOG_POLL_MS } from '../../core/log-limits.ts';
import type { TopicPartition } from '../../core/topic-partition.ts';
import type {
  Assignment,
  CommittedOffset,
  EventLog,
  LogEnd,
  LogRecord,
  RecordBlock,
  SubscribeRequest,
  TopicSpec,
  WrittenRun,
} from '../../ports/event-log.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { readableRows } from '../shared/readable-rows.ts';
import { tidy } from './log-compaction.ts';
import type { EmbeddedLogOptions } from './log-options.ts';
import { assertNewest, EmbeddedEpochWriter, type EpochHost } from './log-epoch-writer.ts';
import { LogGroup } from './log-group.ts';
import type { PartitionLog } from './log-partition.ts';
import { type LogReader, readOnce, recordsFrom } from './log-reader.ts';
import { LogStore } from './log-store.ts';
import {
  LogTopic,
  newestRun,
  closedLog,
  noPartition,
  noTopic,
  otherPartitionCount,
  type Part,
} from './log-topic.ts';

/** After so long a reader that waits for nothing else gives timers and sockets their turn, ms. */
const READ_TURN_MS = 8;

/**
 * A partitioned log with consumer groups, fenced epoch writers and murmur2 partitions. Record headers are not stored.
 * `publish` to a topic in memory waits while a group is LOG_MEMORY_AHEAD_ROWS_MAX records behind, and, if no group has
 * ever joined, until one does; an epoch's commit never waits.
 */
export class EmbeddedLog implements EventLog, EpochHost {
  readonly #store: LogStore;
  readonly #telemetry: Telemetry | null;
  readonly #inMemory: (topic: string) => boolean;
  readonly #topics = new Map<string, LogTopic>();
  readonly #groups = new Map<string, LogGroup>();
  readonly #tails = new Set<LogReader>();
  readonly #poll: NodeJS.Timeout | null;
  #dataVersion: number;
  #closed = false;

  constructor(options: EmbeddedLogOptions) {
    this.#store = new LogStore(options.path);
    this.#telemetry = options.telemetry ?? null;
    const inMemory = options.inMemory ?? (() => false);
    this.#inMemory = options.path === null ? () => true : inMemory;
    this.#dataVersion = this.#store.dataVersion();
    this.#store.transaction(() => {
      for (const spec of this.#store.topics()) tidy(this.#store, spec, Date.now());
    });
    this.#loadTopics();
    this.#poll = options.path === null ? null : setInterval(() => this.#lookAround(), LOG_POLL_MS).unref();
  }

  async ensureTopics(topics: readonly TopicSpec[]): Promise<void> {
    for (const spec of topics) {
      const known = this.#topics.get(spec.topic)?.spec;
      if (known !== undefined && known.partitions !== spec.partitions) throw otherPartitionCount(known, spec);
      if (known !== undefined) continue;
      const stored = !this.#inMemory(spec.topic);
      if (stored) this.#store.addTopic(spec);
      this.#topics.set(spec.topic, new LogTopic(spec, stored ? this.#store : null));
    }
  }

  async partitionCounts(topics: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const known = topics.flatMap((topic) => this.#topics.get(topic) ?? []);
    return new Map(known.map(({ spec }) => [spec.topic, spec.partitions]));
  }

  async topicId(): Promise<string | null> {
    return null; // a topic is not deleted before its log
  }

  async partitionCount(topic: string): Promise<number> {
    return this.#topic(topic).spec.partitions;
  }

  subscribe(request: SubscribeRequest): Observable<Assignment> {
    return new Observable((member) => {
      const topic = this.#topic(request.topic);
      topic.joined(request.groupId);
      const name = `${request.groupId}:${request.topic}`;
      let group = this.#groups.get(name);
      if (group === undefined) {
        group = new LogGroup(topic.logs, {
          nextGeneration: () => this.#store.raiseFence(`group:${name}`),
        });
        this.#groups.set(name, group);
      }
      const joined = group;
      joined.join(member);
      request.joined?.();
      return () => joined.leave(member);
    });
  }

  tail(topic: string, from: 'earliest' | 'latest' | number): Observable<RawBatch> {
    return defer(() => merge(...this.#topic(topic).logs.map((log) => this.#followed(log, from))));
  }

  follow({ topic, partition }: TopicPartition, from: 'earliest' | number): Observable<RawBatch> {
    return defer(() => this.#followed(this.#partition(topic, partition), from));
  }

  #followed(log: PartitionLog, from: 'earliest' | 'latest' | number): Observable<RawBatch> {
    return recordsFrom(log, from, this.#tails).pipe(map((raw) => readableRows(raw, this.#telemetry)));
  }

  offsetForTime({ topic, partition }: TopicPartition, timestampMs: number): Promise<number> {
    return Promise.resolve(this.#partition(topic, partition).offsetForTime(timestampMs));
  }

  async offsets(topic: string): Promise<ReadonlyArray<{ readonly low: number; readonly high: number }>> {
    return this.#topic(topic).logs.map(({ low, high }) => ({ low, high }));
  }

  async ends(topic: string): Promise<LogEnd[]> {
    return this.#topic(topic).logs.map(({ high }) => ({ readable: high, end: high }));
  }

  async *read(topic: string, partition: number, from: number, to: number): AsyncGenerator<RawBatch> {
    let startedMs = performance.now();
    for (const raw of readOnce(this.#partition(topic, partition), from, to, () => this.#closed)) {
      yield readableRows(raw, this.#telemetry);
      if (performance.now() - startedMs < READ_TURN_MS) continue;
      await nextTurn();
      startedMs = performance.now();
    }
  }

  async deleteRecords(topic: string, partition: number, offset: number): Promise<void> {
    const log = this.#partition(topic, partition);
    if (log.stored) this.#store.transaction(() => log.deleteBefore(offset));
    else log.dropBefore(offset);
  }

  async publish(topic: string, records: readonly LogRecord[]): Promise<void> {
    const target = this.#topic(topic);
    const room = target.room();
    if (room !== undefined) await room;
    this.#write(target.share([records]));
  }

  /**
   * Publishes records of one partition without an object per record; the log keeps the arrays, which the caller must not
   * change. Returns undefined if there was room at once, else a promise to await before the next call.
   */
  appendBlock(
    topic: string,
    { partition, timestampMs, keys, values }: RecordBlock,
  ): Promise<void> | undefined {
    const part: Part = { log: this.#partition(topic, partition), timestampMs, keys, values };
    const room = this.#topic(topic).room();
    if (room !== undefined) return room.then(() => this.#write([part]));
    this.#write([part]);
    return undefined;
  }

  async epochWriter(transactionalId: string): Promise<EmbeddedEpochWriter> {
    const fence = this.#store.raiseFence(`writer:${transactionalId}`);
    return new EmbeddedEpochWriter(this, transactionalId, fence);
  }

  recordWriter(transactionalId: string): Promise<EmbeddedEpochWriter> {
    return this.epochWriter(transactionalId);
  }

  commitEpoch(
    writer: EmbeddedEpochWriter,
    groupId: string,
    source: TopicPartition,
    at: CommittedOffset,
  ): void {
    const sourceTopic = this.#topic(source.topic);
    this.#writeOutputs(writer, () => {
      if (sourceTopic.stored) this.#store.setOffset(groupId, source, at);
    });
    sourceTopic.committed(groupId, source.partition, at);
  }

  async commitRecords(writer: EmbeddedEpochWriter): Promise<WrittenRun[]> {
    for (const { topic } of writer.pending) await this.#topic(topic).room();
    return this.#writeOutputs(writer);
  }

  #writeOutputs(writer: EmbeddedEpochWriter, alongside: () => void = () => undefined): WrittenRun[] {
    const outputs = Map.groupBy(writer.pending, ({ topic }) => this.#topic(topic));
    const parts = [...outputs].flatMap(([topic, appended]) =>
      topic.share(appended.map(({ records }) => records)),
    );
    this.#write(parts, () => {
      assertNewest(writer, this.#store.fence(`writer:${writer.transactionalId}`));
      alongside();
    });
    for (const topic of outputs.keys()) topic.trim();
    return parts.map(newestRun);
  }

  committedOffset(groupId: string, source: TopicPartition): CommittedOffset | null {
    return this.#topic(source.topic).offset(groupId, source.partition);
  }

  async recordedOffset(groupId: string, source: TopicPartition): Promise<CommittedOffset | null> {
    return this.committedOffset(groupId, source);
  }

  async committedOffsets(groupId: string, topic: string): Promise<ReadonlyMap<number, CommittedOffset>> {
    const offsets = this.#topic(topic).logs.flatMap(({ origin }) => {
      const at = this.committedOffset(groupId, origin);
      return at === null ? [] : [[origin.partition, at] as const];
    });
    return new Map(offsets);
  }

  async memberCount(groupId: string, topic: string): Promise<number> {
    return this.#groups.get(`${groupId}:${topic}`)?.size ?? 0;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#poll !== null) clearInterval(this.#poll);
    for (const group of this.#groups.values()) group.close();
    for (const reader of this.#tails) reader.stop();
    await Promise.all([...this.#groups.values()].map((group) => group.settled()));
    this.#store.close();
  }

  /** Writes all parts or none. Readers see them together, since they run in a later turn of the event loop. */
  #write(parts: readonly Part[], alongside?: () => void): void {
    this.#assertOpen();
    if (alongside !== undefined || parts.some(({ log }) => log.stored)) {
      this.#store.transaction(() => {
        alongside?.();
        for (const { log, timestampMs, keys, values } of parts) {
          if (log.stored) log.store(timestampMs, keys, values);
        }
      });
    }
    for (const { log, timestampMs, keys, values } of parts) log.append(timestampMs, keys, values);
    for (const { log } of parts) log.wake();
  }

  /** A file that cannot be read is read again later: the next call on the log has the error. */
  #lookAround(): void {
    try {
      this.#catchUp();
    } catch {}
  }

  #catchUp(): void {
    const version = this.#store.dataVersion();
    if (version === this.#dataVersion) return;
    this.#dataVersion = version;
    this.#loadTopics();
    for (const topic of this.#topics.values()) for (const log of topic.logs) if (log.catchUp()) log.wake();
  }

  #loadTopics(): void {
    for (const spec of this.#store.topics()) {
      if (this.#topics.has(spec.topic) || this.#inMemory(spec.topic)) continue;
      this.#topics.set(spec.topic, new LogTopic(spec, this.#store));
    }
  }

  #topic(name: string): LogTopic {
    this.#assertOpen();
    const topic = this.#topics.get(name);
    if (topic !== undefined) return topic;
    throw noTopic(name);
  }

  #partition(topic: string, partition: number): PartitionLog {
    const log = this.#topic(topic).logs[partition];
    if (log !== undefined) return log;
    throw noPartition({ topic, partition });
  }

  #assertOpen(): void {
    if (this.#closed) throw closedLog();
  }
}
