// The topics that a log uses (control path): creates those that are missing, and remembers partition counts.
import { MillraceError } from '../../core/errors.ts';
import type { TopicSpec } from '../../ports/event-log.ts';
import type { TopicAdmin } from './client/kafka-client.ts';

const TRUNCATED_SEGMENT_BYTES = 67_108_864;

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
      const created = missing.map(({ topic, partitions, compacted, retentionMs, truncated = false }) => ({
        topic,
        partitions,
        replicationFactor: this.#replicationFactor,
        config: {
          'cleanup.policy': compacted ? (truncated ? 'compact,delete' : 'compact') : 'delete',
          'retention.ms': String(retentionMs),
          // A broker frees whole segments.
          ...(truncated ? { 'segment.bytes': String(TRUNCATED_SEGMENT_BYTES) } : {}),
        },
      }));
      await this.#admin.createTopics(created);
    }
    await this.#describe(topics.map(({ topic }) => topic));
    for (const spec of topics) await this.#fit(spec);
  }

  async #fit({ topic, partitions, resize }: TopicSpec): Promise<void> {
    let found = await this.partitionCount(topic);
    if (found < partitions && resize === 'grow') {
      await this.#admin.addPartitions(topic, partitions);
      await this.#describe([topic]);
      found = await this.partitionCount(topic);
    }
    if (found === partitions || (found > partitions && resize !== undefined)) return;
    throw new MillraceError('LOG_FAILED', `the topic has ${found} partitions, not ${partitions}`, {
      where: topic,
      remedy: 'Set the partition count that the topic has, or delete the topic.',
    });
  }

  /** Of those that exist, and not from memory. */
  async partitionCounts(topics: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const existing = await this.#admin.topics();
    const known = topics.filter((topic) => existing.has(topic));
    return known.length === 0 ? new Map() : this.#describe(known);
  }

  /** Remembered until `ensure` or `partitionCounts` looks again. */
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

  async #describe(topics: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const counts = await this.#admin.partitionCounts(topics);
    for (const [topic, count] of counts) if (count > 0) this.#partitionCounts.set(topic, count);
    return counts;
  }
}
