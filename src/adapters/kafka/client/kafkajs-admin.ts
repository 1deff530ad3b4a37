// TopicAdmin on kafkajs's admin client (control path), connected on first use, and replaced if it does not answer.
import kafkajs, { type Admin, type Kafka } from 'kafkajs';
import type { TopicPartition } from '../../../core/topic-partition.ts';
import type { CommittedOffset } from '../../../ports/event-log.ts';
import { retriesWithin } from '../../../resilience/retries.ts';
import { INVALID_PARTITIONS, UNKNOWN_TOPIC_OR_PARTITION } from './error-codes.ts';
import type { NewTopic, TopicAdmin } from './kafka-client.ts';
import {
  isAnswer,
  isCodeOf,
  isUnavailable,
  isUnknownTopic,
  KafkaError,
  UNKNOWN_TOPIC_MS_MAX,
} from './kafka-error.ts';
import { classified } from './kafkajs-errors.ts';

/** A broker that comes back is ready some seconds after it listens, and may then lead no partition for a while. */
const RETRIES_MS_MAX = 15_000;

export class KafkajsAdmin implements TopicAdmin {
  readonly #kafka: Kafka;
  /** An address where no broker listens is reported at once: callers that must survive an outage retry themselves. */
  readonly #retries = retriesWithin(
    RETRIES_MS_MAX,
    (error) => this.#isAway(error) && !isUnknownTopic(error),
    { startMs: 100, maxMs: 1_000 },
  );
  /** A topic may have been created just now, by this client or another; or it does not exist. */
  readonly #lookUps = retriesWithin(
    UNKNOWN_TOPIC_MS_MAX,
    (error) => !this.#isClosed && isUnknownTopic(error),
    {
      startMs: 20,
      maxMs: 500,
    },
  );
  /** kafkajs's own wait takes a broker that does not know a new topic yet for an error. */
  readonly #appearances = retriesWithin(RETRIES_MS_MAX, (error) => !this.#isClosed && isUnknownTopic(error), {
    startMs: 20,
    maxMs: 500,
  });
  #admin: Promise<Admin> | null = null;
  /** Partitions by topic, as last described. */
  readonly #counts = new Map<string, number>();
  #isClosed = false;

  constructor(kafka: Kafka) {
    this.#kafka = kafka;
  }

  /** One by one: kafkajs reports the first of several errors alone, and a list of all topics fails with any of them. */
  async existing(topics: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const found = await Promise.all(topics.map((topic) => this.#found(topic)));
    return new Map(found.flatMap((counts) => [...counts]));
  }

  /** Empty if the topic does not exist. */
  async #found(topic: string): Promise<ReadonlyMap<string, number>> {
    try {
      return await this.#describe([topic]);
    } catch (error) {
      if (isUnknownTopic(error)) return new Map();
      throw error;
    }
  }

  async createTopics(topics: readonly NewTopic[]): Promise<void> {
    const list = topics.map(({ topic, partitions, replicationFactor, config }) => ({
      topic,
      numPartitions: partitions,
      replicationFactor,
      configEntries: Object.entries(config).map(([name, value]) => ({ name, value })),
    }));
    await this.#ask((admin) => admin.createTopics({ waitForLeaders: false, topics: list }));
    await this.#appearances.execute(() => this.#describe(topics.map(({ topic }) => topic)));
  }

  async addPartitions(topic: string, partitions: number): Promise<void> {
    try {
      const topicPartitions = [{ topic, count: partitions }];
      await this.#ask((admin) => admin.createPartitions({ topicPartitions }));
    } catch (error) {
      // Another engine has added them, or more.
      if (!isCodeOf(error, INVALID_PARTITIONS)) throw error;
    }
    await this.#appearances.execute(async () => {
      const count = (await this.#describe([topic])).get(topic) ?? 0;
      if (count < partitions) throw KafkaError.ofCode(UNKNOWN_TOPIC_OR_PARTITION, topic);
    });
  }

  partitionCounts(topics: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return this.#lookUps.execute(() => this.#describe(topics));
  }

  async #describe(topics: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const metadata = await this.#ask((admin) => answered(admin.fetchTopicMetadata({ topics: [...topics] })));
    const counts = new Map(metadata.topics.map(({ name, partitions }) => [name, partitions.length]));
    let hasGrown = false;
    for (const [topic, count] of counts) {
      hasGrown ||= count > (this.#counts.get(topic) ?? count);
      this.#counts.set(topic, count);
    }
    // It would go on without the new partitions for some minutes.
    if (hasGrown && this.#admin !== null) this.#abandon(this.#admin);
    return counts;
  }

  async settings(
    topics: readonly string[],
    names: readonly string[],
  ): Promise<ReadonlyMap<string, ReadonlyMap<string, string>>> {
    const resources = topics.map((name) => ({
      type: kafkajs.ConfigResourceTypes.TOPIC,
      name,
      configNames: [...names],
    }));
    const described = await this.#lookUps.execute(() =>
      this.#ask((admin) => admin.describeConfigs({ resources, includeSynonyms: false })),
    );
    return new Map(
      described.resources.map(({ resourceName, configEntries }) => [
        resourceName,
        new Map(configEntries.map(({ configName, configValue }) => [configName, configValue])),
      ]),
    );
  }

  async offsets(topic: string): Promise<Array<{ readonly low: number; readonly high: number }>> {
    const partitions = await this.#lookUps.execute(() =>
      this.#ask((admin) => admin.fetchTopicOffsets(topic)),
    );
    partitions.sort((a, b) => a.partition - b.partition);
    return partitions.map(({ low, high }) => ({ low: Number(low), high: Number(high) }));
  }

  async offsetForTime({ topic, partition }: TopicPartition, timestampMs: number): Promise<number> {
    const fromMs = Math.max(0, Math.floor(timestampMs));
    const found = await this.#lookUps.execute(() =>
      this.#ask((admin) => admin.fetchTopicOffsetsByTimestamp(topic, fromMs)),
    );
    return Number(found.find((one) => one.partition === partition)?.offset ?? 0);
  }

  async deleteRecords({ topic, partition }: TopicPartition, offset: number): Promise<void> {
    const partitions = [{ partition, offset: String(offset) }];
    await this.#ask((admin) => admin.deleteTopicRecords({ topic, partitions }));
  }

  async committedOffsets(groupId: string, topic: string): Promise<ReadonlyMap<number, CommittedOffset>> {
    const committed = await this.#lookUps.execute(() =>
      this.#ask((admin) => admin.fetchOffsets({ groupId, topics: [topic] })),
    );
    const offsets = new Map<number, CommittedOffset>();
    for (const { partition, offset, metadata } of committed[0]?.partitions ?? []) {
      if (Number(offset) >= 0) offsets.set(partition, { offset: Number(offset), metadata: metadata ?? '' });
    }
    return offsets;
  }

  async memberCount(groupId: string): Promise<number> {
    const { groups } = await this.#ask((admin) => admin.describeGroups([groupId]));
    return groups[0]?.members.length ?? 0;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const admin = await this.#admin?.catch(() => null);
    await admin?.disconnect();
  }

  #isAway(error: unknown): boolean {
    return !this.#isClosed && error instanceof KafkaError && error.fault === 'unavailable';
  }

  #ask<T>(question: (admin: Admin) => Promise<T>): Promise<T> {
    return this.#retries.execute(async () => {
      const admin = (this.#admin ??= this.#connect());
      try {
        return await classified(async () => question(await admin));
      } catch (error) {
        const hasConnected = await admin.then(
          () => true,
          () => false,
        );
        const isReplaced = hasConnected && this.#admin !== admin;
        // kafkajs may wait forever on a connection that broke.
        if (isUnavailable(error) && !isAnswer(error)) this.#abandon(admin);
        // Another question has closed the connection under this one, which says nothing about the address.
        if (isReplaced && isUnavailable(error))
          throw new KafkaError('unavailable', 'the connection was replaced', { cause: error });
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

  #abandon(admin: Promise<Admin>): void {
    if (this.#admin === admin) this.#admin = null;
    admin.then((it) => it.disconnect()).catch(() => undefined); // it may not even have connected
  }
}

/** If each broker that it asks fails, kafkajs drops their errors and reads properties of the null that it has instead. */
async function answered<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new KafkaError('unavailable', 'no broker describes its topics', { cause: error });
  }
}
