// Topics and offsets by kafkajs's admin client (control path), connected on first use, and anew where it does not answer.
import type { Admin, Kafka } from 'kafkajs';
import { MillraceError } from '../../../core/errors.ts';
import type { TopicPartition } from '../../../core/topic-partition.ts';
import type { CommittedOffset, TopicSpec } from '../../../ports/event-log.ts';
import { isUnavailable, isUnreachable, NoAnswerError } from './failure.ts';
import { retriesWithin } from '../../../resilience/retries.ts';

/** A broker that comes back is ready some seconds after it listens. */
const RETRIES_MS_MAX = 15_000;

export class Topics {
  readonly #kafka: Kafka;
  readonly #replicationFactor: number;
  readonly #partitionCounts = new Map<string, number>();
  /** Whoever must outlive an outage asks again: an address where nobody listens is told of at once. */
  readonly #retries = retriesWithin(
    RETRIES_MS_MAX,
    (error) => !this.#isClosed && isUnavailable(error) && !isUnreachable(error),
    { startMs: 100, maxMs: 1_000 },
  );
  #admin: Promise<Admin> | null = null;
  #isClosed = false;

  /** -1 leaves the replication factor to the broker. */
  constructor(kafka: Kafka, replicationFactor: number) {
    this.#kafka = kafka;
    this.#replicationFactor = replicationFactor;
  }

  async ensure(topics: readonly TopicSpec[]): Promise<void> {
    const existing = new Set(await this.#ask((admin) => described(admin.listTopics())));
    const missing = topics.filter(({ topic }) => !existing.has(topic));
    if (missing.length > 0) {
      const topics = missing.map(({ topic, partitions, compacted, retentionMs }) => ({
        topic,
        numPartitions: partitions,
        replicationFactor: this.#replicationFactor,
        configEntries: [
          { name: 'cleanup.policy', value: compacted ? 'compact' : 'delete' },
          { name: 'retention.ms', value: String(retentionMs) },
        ],
      }));
      await this.#ask((admin) => admin.createTopics({ waitForLeaders: true, topics }));
    }
    await this.#describe(topics.map(({ topic }) => topic));
    for (const { topic, partitions } of topics) {
      const found = await this.partitionCount(topic);
      if (found !== partitions) {
        throw new MillraceError('LOG_FAILED', `the topic has ${found} partitions, not ${partitions}`, {
          where: topic,
          remedy: 'Set the partition count that the topic has, or delete the topic.',
        });
      }
    }
  }

  /** Remembered: a topic whose partitions change under a running engine would break its keyed state anyhow. */
  async partitionCount(topic: string): Promise<number> {
    if (!this.#partitionCounts.has(topic)) await this.#describe([topic]);
    const count = this.#partitionCounts.get(topic);
    if (count === undefined) {
      throw new MillraceError('LOG_FAILED', 'the topic does not exist', {
        where: topic,
        remedy: 'Create it first (ensureTopics).',
      });
    }
    return count;
  }

  async #describe(named: readonly string[]): Promise<void> {
    const { topics } = await this.#ask((admin) =>
      described(admin.fetchTopicMetadata({ topics: [...named] })),
    );
    for (const { name, partitions } of topics)
      if (partitions.length > 0) this.#partitionCounts.set(name, partitions.length);
  }

  async offsets(topic: string): Promise<Array<{ readonly low: number; readonly high: number }>> {
    const partitions = await this.#ask((admin) => admin.fetchTopicOffsets(topic));
    partitions.sort((a, b) => a.partition - b.partition);
    return partitions.map(({ low, high }) => ({ low: Number(low), high: Number(high) }));
  }

  async offsetForTime({ topic, partition }: TopicPartition, timestampMs: number): Promise<number> {
    const fromMs = Math.max(0, Math.floor(timestampMs));
    const found = await this.#ask((admin) => admin.fetchTopicOffsetsByTimestamp(topic, fromMs));
    return Number(found.find((of) => of.partition === partition)?.offset ?? 0);
  }

  /** By partition; absent where nothing was committed. */
  async committedOffsets(groupId: string, topic: string): Promise<Map<number, CommittedOffset>> {
    const committed = await this.#ask((admin) => admin.fetchOffsets({ groupId, topics: [topic] }));
    const offsets = new Map<number, CommittedOffset>();
    for (const { partition, offset, metadata } of committed[0]?.partitions ?? []) {
      if (Number(offset) >= 0) offsets.set(partition, { offset: Number(offset), metadata: metadata ?? '' });
    }
    return offsets;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const admin = await this.#admin?.catch(() => null);
    await admin?.disconnect();
  }

  /** A client that does not answer is left for a fresh one: kafkajs may go on waiting on a connection that broke. */
  #ask<T>(question: (admin: Admin) => Promise<T>): Promise<T> {
    return this.#retries.execute(async () => {
      const admin = (this.#admin ??= this.#connect());
      try {
        return await question(await admin);
      } catch (error) {
        if (isUnavailable(error)) this.#leave(admin);
        throw error;
      }
    });
  }

  async #connect(): Promise<Admin> {
    const admin = this.#kafka.admin();
    try {
      await admin.connect();
    } catch (error) {
      this.#admin = null;
      throw error;
    }
    return admin;
  }

  #leave(admin: Promise<Admin>): void {
    if (this.#admin === admin) this.#admin = null;
    admin.then((it) => it.disconnect()).catch(() => undefined); // it may not even have connected
  }
}

async function described<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new NoAnswerError('no broker describes its topics', { cause: error });
  }
}
