// The topics that a log uses (control path): creates those that are missing, and remembers partition counts.
import { MillraceError } from '../../core/errors.ts';
import type { TopicSpec } from '../../ports/event-log.ts';
import { INVALID_CONFIG, POLICY_VIOLATION } from './client/error-codes.ts';
import type { NewTopic, TopicAdmin } from './client/kafka-client.ts';
import { isCodeOf } from './client/kafka-error.ts';
import { settingsToHold, type TopicLimitsTable } from './topic-limits.ts';

const TRUNCATED_SEGMENT_BYTES = 67_108_864;

/** The broker rolls a segment at that age, and then cleans it. */
function compactedWithin(ms: number): Readonly<Record<string, string>> {
  return { 'max.compaction.lag.ms': String(ms), 'segment.ms': String(ms) };
}

export class Topics {
  readonly #admin: TopicAdmin;
  readonly #limits: TopicLimitsTable;
  readonly #replicationFactor: number;
  readonly #partitionCounts = new Map<string, number>();

  /** @param replicationFactor -1 leaves it to the broker */
  constructor(admin: TopicAdmin, limits: TopicLimitsTable, replicationFactor: number) {
    this.#admin = admin;
    this.#limits = limits;
    this.#replicationFactor = replicationFactor;
  }

  async ensure(topics: readonly TopicSpec[]): Promise<void> {
    const existing = await this.#admin.existing(topics.map(({ topic }) => topic));
    const missing = topics.filter(({ topic }) => !existing.has(topic));
    // Topics that hold records of others are created when it is known what those accept.
    const holders = missing.filter(({ holds }) => holds !== undefined);
    await this.#create(missing.filter(({ holds }) => holds === undefined));
    const names = topics.map(({ topic }) => topic);
    await this.#limits.describe(names.filter((topic) => !holders.some((holder) => holder.topic === topic)));
    await this.#create(holders);
    if (holders.length > 0) await this.#limits.describe(holders.map(({ topic }) => topic));
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
    return this.#remember(await this.#admin.existing(topics));
  }

  async #create(topics: readonly TopicSpec[]): Promise<void> {
    if (topics.length === 0) return;
    try {
      await this.#admin.createTopics(topics.map((spec) => this.#newTopic(spec, true)));
    } catch (error) {
      // Brokers before Kafka 3.6 lack a setting, and others have a policy.
      if (!isCodeOf(error, INVALID_CONFIG) && !isCodeOf(error, POLICY_VIOLATION)) throw error;
      await this.#admin.createTopics(topics.map((spec) => this.#newTopic(spec, false)));
    }
  }

  #newTopic(spec: TopicSpec, isComplete: boolean): NewTopic {
    const { topic, partitions, compacted, retentionMs, truncated = false, holds, compactedWithinMs } = spec;
    const more = isComplete && holds !== undefined ? settingsToHold(this.#limits.of(holds).bytesMax) : {};
    return {
      topic,
      partitions,
      replicationFactor: this.#replicationFactor,
      config: {
        'cleanup.policy': compacted ? (truncated ? 'compact,delete' : 'compact') : 'delete',
        'retention.ms': String(retentionMs),
        // A broker frees whole segments.
        ...(truncated ? { 'segment.bytes': String(TRUNCATED_SEGMENT_BYTES) } : {}),
        ...(compactedWithinMs === undefined ? {} : compactedWithin(compactedWithinMs)),
        ...more,
      },
    };
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
    return this.#remember(await this.#admin.partitionCounts(topics));
  }

  #remember(counts: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
    for (const [topic, count] of counts) if (count > 0) this.#partitionCounts.set(topic, count);
    return counts;
  }
}
