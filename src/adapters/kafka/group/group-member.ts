// Membership of a consumer group (control path): joins, heartbeats, and says which partitions are ours. The kafkajs
// consumer runs with its own fetching paused, so that its loop does heartbeats alone, whatever scoring does.
import type { Consumer, Kafka } from 'kafkajs';
import { FETCH_WAIT_MS_MAX, HEARTBEAT_MS } from '../../../core/limits.ts';
import { isUnavailable } from '../client/failure.ts';
import { retriesWhile } from '../../../resilience/retries.ts';
import { stickyAssigner, type Owned } from './sticky-assigner.ts';

export interface MemberRequest {
  readonly groupId: string;
  readonly topic: string;
  readonly sessionTimeoutMs: number;
  readonly owned: () => Owned;
  /** It is one from now on, before it knows what is its own. */
  readonly entered: (memberId: string) => void;
  readonly joined: (of: Joined) => void;
  readonly failed: (error: Error) => void;
}

export interface Joined {
  readonly generation: number;
  readonly partitions: readonly number[];
  /** This member took part in every generation since the last one it was told of: what it keeps no other has had. */
  readonly continuous: boolean;
  /** When this member heard of the rebalance, performance.now(). */
  readonly sinceMs: number;
}

export class GroupMember {
  readonly #consumer: Consumer;
  readonly #request: MemberRequest;
  readonly #restarts = retriesWhile((error) => !this.#stopped && isUnavailable(error), {
    startMs: 500,
    maxMs: 2_000,
  });
  #memberId = '';
  #generation = 0;
  #stopped = false;
  /** When it heard of the rebalance that is under way; null where none is. */
  #sinceMs: number | null = null;
  #joining: { readonly memberId: string; readonly partitions: readonly number[] } | null = null;

  constructor(kafka: Kafka, request: MemberRequest) {
    this.#request = request;
    this.#consumer = kafka.consumer({
      groupId: request.groupId,
      partitionAssigners: [stickyAssigner(request.owned)],
      sessionTimeout: request.sessionTimeoutMs,
      rebalanceTimeout: request.sessionTimeoutMs,
      heartbeatInterval: HEARTBEAT_MS,
      maxWaitTimeInMs: FETCH_WAIT_MS_MAX,
      allowAutoTopicCreation: false,
      retry: { retries: 5, restartOnFailure: async () => !this.#stopped },
    });
  }

  async start(): Promise<void> {
    const { GROUP_JOIN, HEARTBEAT, REBALANCING, CRASH } = this.#consumer.events;
    this.#begin();
    this.#consumer.on(REBALANCING, () => this.#begin());
    const { topic } = this.#request;
    this.#consumer.on(GROUP_JOIN, ({ payload }) => {
      this.#consumer.pause([{ topic }]);
      this.#request.entered(payload.memberId);
      this.#joining = { memberId: payload.memberId, partitions: payload.memberAssignment[topic] ?? [] };
    });
    // The join's event does not tell the generation; the first heartbeat, within HEARTBEAT_MS, does.
    this.#consumer.on(HEARTBEAT, ({ payload }) => this.#settle(payload.groupGenerationId));
    this.#consumer.on(CRASH, ({ payload }) => {
      this.#begin();
      if (!payload.restart) this.#restart(payload.error);
    });
    // The topics have been asked for by now: a broker that is away has gone away since.
    await this.#restarts.execute(() => this.#run());
  }

  async #run(): Promise<void> {
    await this.#consumer.connect();
    await this.#consumer.subscribe({ topic: this.#request.topic });
    await this.#consumer.run({ autoCommit: false, eachBatch: async () => {} });
  }

  /** kafkajs gives up where no broker names the coordinator of the group, as happens while one comes back. */
  #restart(why: Error): void {
    const restarted = this.#restarts.execute(async ({ attempt }) => {
      if (attempt === 0) throw why;
      await this.#run();
    });
    restarted.catch(this.#request.failed);
  }

  /** Leaves the group. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#consumer.disconnect();
  }

  #begin(): void {
    this.#sinceMs ??= performance.now();
  }

  #settle(generation: number): void {
    if (this.#stopped) {
      // A restart of the client was under way when it was told to stop, which it does not hear then.
      this.#consumer.disconnect().catch(() => {}); // the group drops a member that falls silent, too
      return;
    }
    const joining = this.#joining;
    if (joining === null) return;
    this.#joining = null;
    const continuous = joining.memberId === this.#memberId && generation === this.#generation + 1;
    this.#memberId = joining.memberId;
    this.#generation = generation;
    const sinceMs = this.#sinceMs ?? performance.now();
    this.#sinceMs = null;
    this.#request.joined({ generation, partitions: joining.partitions, continuous, sinceMs });
  }
}
