// The event log on Apache Kafka, by kafkajs (control path).
import type { Kafka } from 'kafkajs';
import { Observable, from as fromIterable, mergeMap, switchMap } from 'rxjs';
import type { RawBatch } from '../../core/batch.ts';
import type { MillraceError } from '../../core/errors.ts';
import { FETCH_WAIT_MS_MAX, SESSION_MS } from '../../core/limits.ts';
import type { TopicPartition } from '../../core/topic-partition.ts';
import type {
  Assignment,
  CommittedOffset,
  EventLog,
  LogRecord,
  SubscribeRequest,
  TopicSpec,
} from '../../ports/event-log.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { clusterOf, createClient } from './client/client.ts';
import { KafkaEpochWriter, type WriterHost } from './epoch-writer.ts';
import { kafkaFailure } from './client/failure.ts';
import { Fetcher } from './fetcher.ts';
import { GroupSubscription, type SubscriptionHost } from './group/group-subscription.ts';
import { TRANSACTION_TIMEOUT_MS, type KafkaLogOptions, type Membership } from './client/options.ts';
import { PartitionReader } from './partition-reader.ts';
import { Publisher } from './client/publisher.ts';
import { readBetween } from './read-between.ts';
import { Topics } from './client/topics.ts';

export class KafkaEventLog implements EventLog, SubscriptionHost, WriterHost {
  readonly kafka: Kafka;
  readonly fetcher: Fetcher;
  /** For what is read once: on connections of its own, where no long poll holds it up. */
  readonly #reads: Fetcher;
  readonly sessionTimeoutMs: number;
  readonly transactionTimeoutMs: number;
  readonly joined: (of: Membership) => void;
  readonly #brokers: readonly string[];
  readonly #topics: Topics;
  readonly #publisher: Publisher;
  readonly #subscriptions = new Set<GroupSubscription>();
  readonly #writers = new Set<KafkaEpochWriter>();

  constructor(options: KafkaLogOptions, telemetry: Telemetry) {
    this.kafka = createClient(options, telemetry);
    this.fetcher = new Fetcher(() => clusterOf(this.kafka), telemetry, FETCH_WAIT_MS_MAX);
    this.#reads = new Fetcher(() => clusterOf(this.kafka), telemetry, 0);
    this.sessionTimeoutMs = options.sessionTimeoutMs ?? SESSION_MS;
    this.transactionTimeoutMs = options.transactionTimeoutMs ?? TRANSACTION_TIMEOUT_MS;
    this.joined = options.joined ?? (() => undefined);
    this.#brokers = options.brokers;
    this.#publisher = new Publisher(this.kafka);
    this.#topics = new Topics(this.kafka, options.replicationFactor ?? -1);
  }

  async ensureTopics(topics: readonly TopicSpec[]): Promise<void> {
    await this.#guard('cannot create topics', topics.map(({ topic }) => topic).join(', '), () =>
      this.#topics.ensure(topics),
    );
  }

  partitionCount(topic: string): Promise<number> {
    return this.#guard('cannot read topic metadata', topic, () => this.#topics.partitionCount(topic));
  }

  offsets(topic: string): Promise<ReadonlyArray<{ readonly low: number; readonly high: number }>> {
    return this.#guard('cannot read offsets', topic, () => this.#topics.offsets(topic));
  }

  offsetForTime(of: TopicPartition, timestampMs: number): Promise<number> {
    return this.#guard('cannot read offsets', of.topic, () => this.#topics.offsetForTime(of, timestampMs));
  }

  committedOffsets(groupId: string, topic: string): Promise<ReadonlyMap<number, CommittedOffset>> {
    return this.#guard('cannot read the offsets of a group', groupId, () =>
      this.#topics.committedOffsets(groupId, topic),
    );
  }

  subscribe(request: SubscribeRequest): Observable<Assignment> {
    return new Observable((subscriber) => {
      const subscription = new GroupSubscription(this, request, subscriber);
      this.#subscriptions.add(subscription);
      subscription.start();
      return () => {
        void subscription.stop().finally(() => this.#subscriptions.delete(subscription));
      };
    });
  }

  tail(topic: string, from: 'earliest' | 'latest'): Observable<RawBatch> {
    return fromIterable(this.partitionCount(topic)).pipe(
      switchMap((count) => Array.from({ length: count }, (_, partition) => partition)),
      mergeMap((partition) => new PartitionReader(this.fetcher, { topic, partition }, from).records()),
    );
  }

  read(topic: string, partition: number, from: number, to: number): AsyncIterable<RawBatch> {
    return readBetween(this.#reads, { topic, partition }, from, to);
  }

  async publish(topic: string, records: readonly LogRecord[]): Promise<void> {
    await this.#guard('cannot publish', topic, async () => {
      await this.#publisher.publish(topic, records, await this.#topics.partitionCount(topic));
    });
  }

  async epochWriter(transactionalId: string): Promise<KafkaEpochWriter> {
    const writer = await new KafkaEpochWriter(this, transactionalId).open();
    this.#writers.add(writer);
    return writer;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#subscriptions].map((subscription) => subscription.stop()));
    await this.fetcher.close();
    await this.#reads.close();
    await Promise.all([...this.#writers].map((writer) => writer.close()));
    await this.#publisher.close();
    await this.#topics.close();
  }

  failure(error: unknown, what: string, where: string): MillraceError {
    return kafkaFailure(error, what, where, this.#brokers);
  }

  async #guard<T>(what: string, where: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw this.failure(error, what, where);
    }
  }
}
