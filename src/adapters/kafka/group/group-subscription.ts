// One member's assignments over the life of its group (control path).
// A rebalance ends at once what is lost and does not touch what stays. A new owner does not wait for the old one, which
// may be dead: its epoch writer fences the old one's, and its generation fences the old one's state.
import type { Subscriber } from 'rxjs';
import { isCode } from '../../../core/errors.ts';
import type { Assignment, SubscribeRequest } from '../../../ports/event-log.ts';
import { retriesWhile } from '../../../resilience/retries.ts';
import type { GroupMember, Joined, KafkaClient } from '../client/kafka-client.ts';
import type { Membership } from '../client/options.ts';
import type { Fetcher } from '../fetcher.ts';
import { OwnedPartition } from '../../shared/owned-partition.ts';
import { PartitionReader } from '../partition-reader.ts';
import { assignSticky, encodeOwned, STICKY_PROTOCOL } from './sticky-assigner.ts';

/** What a subscription needs from the log that it belongs to. */
export interface SubscriptionHost {
  readonly client: KafkaClient;
  readonly fetcher: Fetcher;
  readonly sessionTimeoutMs: number;
  readonly joined: (membership: Membership) => void;
  partitionCounts(topics: readonly string[]): Promise<ReadonlyMap<string, number>>;
  failure(error: unknown, what: string, where: string): Error;
}

export class GroupSubscription {
  readonly #host: SubscriptionHost;
  readonly #request: SubscribeRequest;
  readonly #subscriber: Subscriber<Assignment>;
  readonly #member: GroupMember;
  readonly #owned = new Map<number, OwnedPartition>();
  /** Partitions that this member lost and may not have released yet: it must before it gets them again. */
  readonly #releasing = new Map<number, Promise<void>>();
  /** For as long as it takes: a broker that is away comes back, and the group with it. */
  readonly #retries = retriesWhile((error) => !this.#stopped && isCode(error, 'LOG_UNAVAILABLE'), {
    startMs: 100,
    maxMs: 1_000,
  });
  #generation = 0;
  /** The topic's partition count that `sized` was called with. */
  #count = 0;
  #assigning: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(host: SubscriptionHost, request: SubscribeRequest, subscriber: Subscriber<Assignment>) {
    this.#host = host;
    this.#request = request;
    this.#subscriber = subscriber;
    const { topic, groupId } = request;
    this.#member = host.client.member({
      topic,
      groupId,
      sessionTimeoutMs: host.sessionTimeoutMs,
      protocol: STICKY_PROTOCOL,
      claim: () => encodeOwned({ topic, generation: this.#generation, partitions: [...this.#owned.keys()] }),
      assign: assignSticky,
      entered: (memberId) => host.joined({ groupId, memberId }),
      joined: (joined) => this.#joined(joined),
      failed: (error) => this.#fail(error),
    });
  }

  start(): void {
    this.#member.start().catch((error: unknown) => this.#fail(error));
  }

  /** Gives up every partition and leaves the group. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#revoke(() => true);
    await Promise.all(this.#releasing.values());
    await this.#assigning;
    await this.#member.stop();
  }

  #joined({ generation, partitions, isContinuous, rebalancingSinceMs }: Joined): void {
    if (this.#stopped) return;
    this.#generation = generation;
    this.#request.joined?.();
    this.#revoke((partition) => !isContinuous || !partitions.includes(partition));
    const fresh = partitions.filter((partition) => !this.#owned.has(partition));
    this.#assigning = this.#assigning
      .then(() => this.#assign(generation, fresh, rebalancingSinceMs))
      .catch((error: unknown) => this.#fail(error));
  }

  #revoke(isLost: (partition: number) => boolean): void {
    for (const [partition, assignment] of this.#owned) {
      if (!isLost(partition)) continue;
      this.#owned.delete(partition);
      this.#releasing.set(partition, assignment.revoke());
    }
  }

  async #assign(
    generation: number,
    partitions: readonly number[],
    rebalancingSinceMs: number,
  ): Promise<void> {
    await this.#size();
    if (partitions.length === 0) return;
    const { topic } = this.#request;
    await Promise.all(partitions.map(async (partition) => this.#releasing.get(partition)));
    // A newer rebalance has its own list, which contains these again if this member still owns them.
    if (this.#stopped || this.#generation !== generation) return;
    for (const partition of partitions) {
      const grant = { topic, partition, generation, rebalancingSinceMs };
      const assignment = new OwnedPartition(
        grant,
        (offset, topicId) =>
          new PartitionReader(this.#host.fetcher, { topic, partition }, offset ?? 'earliest', topicId),
      );
      this.#releasing.delete(partition);
      this.#owned.set(partition, assignment);
      this.#subscriber.next(assignment);
    }
  }

  /** A group's generation begins: the topic may have grown. */
  async #size(): Promise<void> {
    const { topic, sized } = this.#request;
    if (sized === undefined || this.#stopped) return;
    const count = (await this.#retries.execute(() => this.#host.partitionCounts([topic]))).get(topic) ?? 0;
    if (count <= this.#count) return;
    await this.#retries.execute(() => sized(count));
    this.#count = count;
  }

  #fail(error: unknown): void {
    if (this.#stopped) return;
    this.#revoke(() => true);
    this.#subscriber.error(this.#host.failure(error, 'the consumer group failed', this.#request.groupId));
  }
}
