// One member's assignments over the life of its group (control path).
// A rebalance ends what is lost at once and leaves alone what stays. A new owner does not wait for the old one, which
// may be dead: its epoch writer fences the old one's, and its generation fences the old one's state.
import type { Kafka } from 'kafkajs';
import type { Subscriber } from 'rxjs';
import type { Assignment, CommittedOffset, SubscribeRequest } from '../../../ports/event-log.ts';
import { KafkaAssignment } from './assignment.ts';
import type { Fetcher } from '../fetcher.ts';
import { isUnavailable } from '../client/failure.ts';
import { GroupMember, type Joined } from './group-member.ts';
import type { Membership } from '../client/options.ts';
import { retriesWhile } from '../../../resilience/retries.ts';

/** What a subscription needs from the log that it belongs to. */
export interface SubscriptionHost {
  readonly kafka: Kafka;
  readonly fetcher: Fetcher;
  readonly sessionTimeoutMs: number;
  readonly joined: (of: Membership) => void;
  committedOffsets(groupId: string, topic: string): Promise<ReadonlyMap<number, CommittedOffset>>;
  failure(error: unknown, what: string, where: string): Error;
}

export class GroupSubscription {
  readonly #host: SubscriptionHost;
  readonly #request: SubscribeRequest;
  readonly #subscriber: Subscriber<Assignment>;
  readonly #member: GroupMember;
  readonly #owned = new Map<number, KafkaAssignment>();
  /** Partitions that this member lost and may not yet have let go: it must before it gets them again. */
  readonly #releasing = new Map<number, Promise<void>>();
  /** For as long as it takes: a broker that is away comes back, and the group with it. */
  readonly #retries = retriesWhile((error) => !this.#stopped && isUnavailable(error), {
    startMs: 100,
    maxMs: 1_000,
  });
  #generation = 0;
  #assigning: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(host: SubscriptionHost, request: SubscribeRequest, subscriber: Subscriber<Assignment>) {
    this.#host = host;
    this.#request = request;
    this.#subscriber = subscriber;
    this.#member = new GroupMember(host.kafka, {
      ...request,
      sessionTimeoutMs: host.sessionTimeoutMs,
      owned: () => ({
        topic: request.topic,
        generation: this.#generation,
        partitions: [...this.#owned.keys()],
      }),
      entered: (memberId) => host.joined({ groupId: request.groupId, memberId }),
      joined: (of) => this.#joined(of),
      failed: (error) => this.#fail(error),
    });
  }

  start(): void {
    this.#member.start().catch((error: unknown) => this.#fail(error));
  }

  /** Gives everything up and leaves the group. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#revoke(() => true);
    await Promise.all(this.#releasing.values());
    await this.#assigning;
    await this.#member.stop();
  }

  #joined({ generation, partitions, continuous, sinceMs }: Joined): void {
    if (this.#stopped) return;
    this.#generation = generation;
    this.#revoke((partition) => !continuous || !partitions.includes(partition));
    const fresh = partitions.filter((partition) => !this.#owned.has(partition));
    this.#assigning = this.#assigning
      .then(() => this.#assign(generation, fresh, sinceMs))
      .catch((error: unknown) => this.#fail(error));
  }

  #revoke(lost: (partition: number) => boolean): void {
    for (const [partition, assignment] of this.#owned) {
      if (!lost(partition)) continue;
      this.#owned.delete(partition);
      this.#releasing.set(partition, assignment.revoke());
    }
  }

  async #assign(
    generation: number,
    partitions: readonly number[],
    rebalancingSinceMs: number,
  ): Promise<void> {
    if (partitions.length === 0) return;
    const { groupId, topic } = this.#request;
    await Promise.all(partitions.map(async (partition) => this.#releasing.get(partition)));
    const committed = await this.#retries.execute(() => this.#host.committedOffsets(groupId, topic));
    // A newer rebalance has its own list, in which these come again where they are still ours.
    if (this.#stopped || this.#generation !== generation) return;
    for (const partition of partitions) {
      const committedOffset = committed.get(partition)?.offset ?? null;
      const of = { topic, partition, generation, committedOffset, rebalancingSinceMs };
      const assignment = new KafkaAssignment(this.#host.fetcher, of);
      this.#releasing.delete(partition);
      this.#owned.set(partition, assignment);
      this.#subscriber.next(assignment);
    }
  }

  #fail(error: unknown): void {
    if (this.#stopped) return;
    this.#revoke(() => true);
    this.#subscriber.error(this.#host.failure(error, 'the consumer group failed', this.#request.groupId));
  }
}
