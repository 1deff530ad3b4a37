// The topics that a log uses (control path): creates those that are missing, and remembers partition counts.
import { MillraceError } from '../../core/errors.ts';
import type { TopicSpec } from '../../ports/event-log.ts';
import type { TopicAdmin } from './client/kafka-client.ts';

export class Topics {
  readonly #admin: TopicAdmin;
  readonly #replicationFactor: number;
  readonly #partitionCounts = new Map<string, number>();

  /** @param replicationFactor -1 leaves it to the broker */
  constructor(admin: TopicAdmin, replicationFactor: number) {
    this.#admin = admin;
    this.#replicationFactor = replicationFactor;
  }

  async ensure(topics: readonly TopicSpec[]): Promise<void> {
    const existing = await this.#admin.topics();
    const missing = topics.filter(({ topic }) => !existing.has(topic));
    if (missing.length > 0) {
      const created = missing.map(({ topic, partitions, compacted, retentionMs }) => ({
        topic,
        partitions,
        replicationFactor: this.#replicationFactor,
        config: {
          'cleanup.policy': compacted ? 'compact' : 'delete',
          'retention.ms': String(retentionMs),
        },
      }));
      await this.#admin.createTopics(created);
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

  /** Remembered: a topic whose partition count changes under a running engine would break its keyed state anyway. */
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

  async #describe(topics: readonly string[]): Promise<void> {
    for (const [topic, count] of await this.#admin.partitionCounts(topics))
      if (count > 0) this.#partitionCounts.set(topic, count);
  }
}
