// Topics and offsets by kafkajs's admin client (control path), connected on first use.
import type { Admin, Kafka } from 'kafkajs';
import { MillraceError } from '../../core/errors.ts';
import type { TopicPartition } from '../../core/topic-partition.ts';
import type { CommittedOffset, TopicSpec } from '../../ports/event-log.ts';

export class Topics {
  readonly #admin: Admin;
  readonly #replicationFactor: number;
  readonly #partitionCounts = new Map<string, number>();
  #connected: Promise<void> | null = null;

  /** -1 leaves the replication factor to the broker. */
  constructor(kafka: Kafka, replicationFactor: number) {
    this.#admin = kafka.admin();
    this.#replicationFactor = replicationFactor;
  }

  async ensure(topics: readonly TopicSpec[]): Promise<void> {
    const admin = await this.#open();
    const existing = new Set(await admin.listTopics());
    const missing = topics.filter(({ topic }) => !existing.has(topic));
    if (missing.length > 0) {
      await admin.createTopics({
        waitForLeaders: true,
        topics: missing.map(({ topic, partitions, compacted, retentionMs }) => ({
          topic,
          numPartitions: partitions,
          replicationFactor: this.#replicationFactor,
          configEntries: [
            { name: 'cleanup.policy', value: compacted ? 'compact' : 'delete' },
            { name: 'retention.ms', value: String(retentionMs) },
          ],
        })),
      });
    }
    for (const { topic, partitions } of topics) {
      const found = await this.partitionCount(topic);
      if (found !== partitions) {
        throw new MillraceError('LOG_FAILED', `the topic has ${found} partitions, not ${partitions}`, {
          where: topic,
          mend: 'Set the partition count that the topic has, or delete the topic.',
        });
      }
    }
  }

  /** Remembered: a topic whose partitions change under a running engine would break its keyed state anyhow. */
  async partitionCount(topic: string): Promise<number> {
    const known = this.#partitionCounts.get(topic);
    if (known !== undefined) return known;
    const admin = await this.#open();
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    const count = topics[0]?.partitions.length ?? 0;
    if (count === 0) {
      throw new MillraceError('LOG_FAILED', 'the topic does not exist', {
        where: topic,
        mend: 'Create it first (ensureTopics).',
      });
    }
    this.#partitionCounts.set(topic, count);
    return count;
  }

  async offsets(topic: string): Promise<Array<{ readonly low: number; readonly high: number }>> {
    const admin = await this.#open();
    const partitions = await admin.fetchTopicOffsets(topic);
    partitions.sort((a, b) => a.partition - b.partition);
    return partitions.map(({ low, high }) => ({ low: Number(low), high: Number(high) }));
  }

  async offsetForTime({ topic, partition }: TopicPartition, timestampMs: number): Promise<number> {
    const admin = await this.#open();
    const found = await admin.fetchTopicOffsetsByTimestamp(topic, Math.max(0, Math.floor(timestampMs)));
    return Number(found.find((of) => of.partition === partition)?.offset ?? 0);
  }

  /** By partition; absent where nothing was committed. */
  async committedOffsets(groupId: string, topic: string): Promise<Map<number, CommittedOffset>> {
    const admin = await this.#open();
    const committed = await admin.fetchOffsets({ groupId, topics: [topic] });
    const offsets = new Map<number, CommittedOffset>();
    for (const { partition, offset, metadata } of committed[0]?.partitions ?? []) {
      if (Number(offset) >= 0) offsets.set(partition, { offset: Number(offset), metadata: metadata ?? '' });
    }
    return offsets;
  }

  async close(): Promise<void> {
    if (this.#connected !== null) await this.#admin.disconnect();
  }

  async #open(): Promise<Admin> {
    this.#connected ??= this.#admin.connect();
    try {
      await this.#connected;
    } catch (error) {
      this.#connected = null;
      throw error;
    }
    return this.#admin;
  }
}
