// The event log on Apache Kafka (control path).
import { Observable, catchError, from as fromIterable, map, mergeMap, switchMap } from 'rxjs';
import type { RawBatch } from '../../core/batch.ts';
import { isCode, messageOf, type MillraceError } from '../../core/errors.ts';
import { FETCH_WAIT_MS_MAX, SESSION_MS } from '../../core/log-limits.ts';
import { partitionName, type TopicPartition } from '../../core/topic-partition.ts';
import type {
  Assignment,
  CommittedOffset,
  EventLog,
  LogRecord,
  SubscribeRequest,
  TopicSpec,
  LogEnd,
} from '../../ports/event-log.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { createKafkaClient } from './client/create-client.ts';
import type { BrokerConnections, KafkaClient } from './client/kafka-client.ts';
import {
  RECORDS_TIMEOUT_MS,
  TRANSACTION_TIMEOUT_MS,
  type KafkaLogOptions,
  type Membership,
} from './client/options.ts';
import { KafkaEpochWriter, type WriterHost } from './epoch-writer.ts';
import { Fetcher } from './fetcher.ts';
import { GroupSubscription, type SubscriptionHost } from './group/group-subscription.ts';
import { GROUP_OFFSETS_TOPIC, GroupOffsetsLog } from './group-offsets-log.ts';
import { KafkaError } from './client/kafka-error.ts';
import type { KafkaFault } from './client/error-codes.ts';
import { logFailure } from './log-failure.ts';
import { PartitionReader } from './partition-reader.ts';
import { readableRows } from '../shared/readable-rows.ts';
import { readBetween } from './read-between.ts';
import { TopicLimitsTable } from './topic-limits.ts';
import { Topics } from './topics.ts';

/** Of the log of group offsets: a later try would fail as well. */
const UNREADABLE: ReadonlySet<KafkaFault> = new Set<KafkaFault>(['unauthorized', 'unsupported']);

export class KafkaEventLog implements EventLog, SubscriptionHost, WriterHost {
  readonly client: KafkaClient;
  readonly fetcher: Fetcher;
  /** For reads that end: on connections of its own, where no long poll delays them. */
  readonly #reads: Fetcher;
  readonly sessionTimeoutMs: number;
  readonly #transactionTimeoutMs: number;
  readonly joined: (membership: Membership) => void;
  readonly #telemetry: Telemetry;
  readonly #brokers: readonly string[];
  readonly limits: TopicLimitsTable;
  readonly #topics: Topics;
  readonly #groupOffsets: GroupOffsetsLog;
  readonly #subscriptions = new Set<GroupSubscription>();
  readonly #writers = new Set<KafkaEpochWriter>();

  constructor(options: KafkaLogOptions, telemetry: Telemetry) {
    this.#telemetry = telemetry;
    this.client = createKafkaClient(options, telemetry);
    const connections = (): BrokerConnections => this.client.connections();
    const where = options.brokers.join(', ');
    this.fetcher = new Fetcher(connections, telemetry, FETCH_WAIT_MS_MAX, where);
    this.#reads = new Fetcher(connections, telemetry, 0, `${where}, reads that end`);
    this.sessionTimeoutMs = options.sessionTimeoutMs ?? SESSION_MS;
    this.#transactionTimeoutMs = options.transactionTimeoutMs ?? TRANSACTION_TIMEOUT_MS;
    this.joined = options.joined ?? (() => undefined);
    this.#brokers = options.brokers;
    this.limits = new TopicLimitsTable(this.client.admin);
    this.#groupOffsets = new GroupOffsetsLog({
      offsets: (topic) => this.client.admin.offsets(topic),
      ends: (topic) => this.#reads.ends(topic),
      batches: (origin, position) => this.#reads.batches(origin, position),
      read: (topic, partition, from, to) => readBetween(this.#reads, { topic, partition }, from, to),
    });
    this.#topics = new Topics(this.client.admin, this.limits, options.replicationFactor ?? -1);
  }

  async ensureTopics(topics: readonly TopicSpec[]): Promise<void> {
    await this.#guard('cannot create topics', topics.map(({ topic }) => topic).join(', '), () =>
      this.#topics.ensure(topics),
    );
  }

  partitionCounts(topics: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return this.#guard('cannot read topic metadata', topics.join(', '), () =>
      this.#topics.partitionCounts(topics),
    );
  }

  topicId(topic: string): Promise<string | null> {
    return this.#guard('cannot read topic metadata', topic, () => this.fetcher.topicId(topic));
  }

  partitionCount(topic: string): Promise<number> {
    return this.#guard('cannot read topic metadata', topic, () => this.#topics.partitionCount(topic));
  }

  offsets(topic: string): Promise<ReadonlyArray<{ readonly low: number; readonly high: number }>> {
    return this.#guard('cannot read offsets', topic, () => this.client.admin.offsets(topic));
  }

  ends(topic: string): Promise<readonly LogEnd[]> {
    return this.#guard('cannot read offsets', topic, () => this.fetcher.ends(topic));
  }

  offsetForTime(partition: TopicPartition, timestampMs: number): Promise<number> {
    return this.#guard('cannot read offsets', partition.topic, () =>
      this.client.admin.offsetForTime(partition, timestampMs),
    );
  }

  committedOffsets(groupId: string, topic: string): Promise<ReadonlyMap<number, CommittedOffset>> {
    return this.#guard('cannot read the offsets of a group', groupId, () =>
      this.client.admin.committedOffsets(groupId, topic),
    );
  }

  /** Logs that speak Kafka's protocol and are none have no such topic, or other records in it: then the answer counts as well. */
  async recordedOffset(
    groupId: string,
    source: TopicPartition,
    answered: CommittedOffset | null,
  ): Promise<CommittedOffset | null> {
    try {
      if (!(await this.#topics.partitionCounts([GROUP_OFFSETS_TOPIC])).has(GROUP_OFFSETS_TOPIC))
        return answered;
      return (await this.#groupOffsets.of(groupId, source)) ?? answered;
    } catch (error) {
      if (!(error instanceof KafkaError) || !UNREADABLE.has(error.fault))
        throw this.failure(error, 'cannot read the log of group offsets', groupId);
      this.#telemetry.info('the log of group offsets is not read: what its coordinators answer counts', {
        topic: GROUP_OFFSETS_TOPIC,
        why: error.message,
      });
      return answered;
    }
  }

  memberCount(groupId: string, _topic: string): Promise<number> {
    return this.#guard('cannot read the members of a group', groupId, () =>
      this.client.admin.memberCount(groupId),
    );
  }

  subscribe(request: SubscribeRequest): Observable<Assignment> {
    return new Observable((subscriber) => {
      const subscription = new GroupSubscription(this, request, subscriber);
      this.#subscriptions.add(subscription);
      subscription.start();
      return () => {
        subscription
          .stop()
          .catch((error: unknown) =>
            this.#telemetry.warn('a group could not be left', {
              group: request.groupId,
              why: messageOf(error),
            }),
          )
          .finally(() => this.#subscriptions.delete(subscription));
      };
    });
  }

  tail(topic: string, from: 'earliest' | 'latest' | number): Observable<RawBatch> {
    return fromIterable(this.partitionCount(topic)).pipe(
      switchMap((count) => Array.from({ length: count }, (_, partition) => partition)),
      mergeMap((partition) => this.#tailed({ topic, partition }, from)),
      map((batch) => readableRows(batch, this.#telemetry)),
    );
  }

  follow(partition: TopicPartition, from: 'earliest' | number): Observable<RawBatch> {
    return this.#tailed(partition, from).pipe(map((batch) => readableRows(batch, this.#telemetry)));
  }

  /**
   * A reader that asked for no offset goes on with what is left if records are deleted before they are read; one that did
   * needs them.
   */
  #tailed(origin: TopicPartition, from: number | 'earliest' | 'latest'): Observable<RawBatch> {
    return new PartitionReader(this.fetcher, origin, from).records().pipe(
      catchError((error: unknown) => {
        if (!isCode(error, 'LOG_CHANGED') || typeof from === 'number') throw error;
        this.#telemetry.raise('records_skipped', partitionName(origin), error.what);
        return this.#tailed(origin, 'earliest');
      }),
    );
  }

  read(
    topic: string,
    partition: number,
    from: number,
    to: number,
    header: string | null = null,
  ): AsyncIterable<RawBatch> {
    return this.#readable(readBetween(this.#reads, { topic, partition }, from, to, header));
  }

  async *#readable(batches: AsyncIterable<RawBatch>): AsyncGenerator<RawBatch> {
    for await (const batch of batches) yield readableRows(batch, this.#telemetry);
  }

  deleteRecords(topic: string, partition: number, offset: number): Promise<void> {
    return this.#guard('cannot delete records', topic, () =>
      this.client.admin.deleteRecords({ topic, partition }, offset),
    );
  }

  async publish(topic: string, records: readonly LogRecord[]): Promise<void> {
    await this.#guard('cannot publish', topic, async () => {
      const partitionCount = await this.#topics.partitionCount(topic);
      await this.client.publisher.publish(topic, records, partitionCount, await this.limits.known(topic));
    });
  }

  epochWriter(transactionalId: string): Promise<KafkaEpochWriter> {
    return this.#writer(transactionalId, this.#transactionTimeoutMs);
  }

  recordWriter(transactionalId: string): Promise<KafkaEpochWriter> {
    return this.#writer(transactionalId, Math.min(RECORDS_TIMEOUT_MS, this.#transactionTimeoutMs));
  }

  async #writer(transactionalId: string, timeoutMs: number): Promise<KafkaEpochWriter> {
    const writer = await new KafkaEpochWriter(this, transactionalId, timeoutMs).open();
    this.#writers.add(writer);
    return writer;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#subscriptions].map((subscription) => subscription.stop()));
    await this.fetcher.close();
    await this.#reads.close();
    await Promise.all([...this.#writers].map((writer) => writer.close()));
    await this.client.publisher.close();
    await this.client.admin.close();
  }

  failure(error: unknown, what: string, where: string): MillraceError {
    return logFailure(error, what, where, this.#brokers);
  }

  async #guard<T>(what: string, where: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw this.failure(error, what, where);
    }
  }
}
