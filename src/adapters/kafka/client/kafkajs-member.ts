// GroupMember on a kafkajs consumer (control path). Its own fetching is paused, so that its loop only sends heartbeats,
// however long scoring takes.
import type { Consumer, Kafka } from 'kafkajs';
import { FETCH_WAIT_MS_MAX, HEARTBEAT_MS, PARTITIONS_CHECK_MS } from '../../../core/log-limits.ts';
import { retriesWhile } from '../../../resilience/retries.ts';
import type { GroupMember, MemberRequest } from './kafka-client.ts';
import { isUnavailable } from './kafka-error.ts';
import { kafkajsAssigner } from './kafkajs-assigner.ts';
import { classified, toKafkaError } from './kafkajs-errors.ts';

export class KafkajsMember implements GroupMember {
  readonly #consumer: Consumer;
  readonly #request: MemberRequest;
  readonly #restarts = retriesWhile((error) => !this.#stopped && isUnavailable(error), {
    startMs: 500,
    maxMs: 2_000,
  });
  #memberId = '';
  #generation = 0;
  #stopped = false;
  /** When it learned of the rebalance that is under way; null if there is none. */
  #rebalancingSinceMs: number | null = null;
  #joining: { readonly memberId: string; readonly partitions: readonly number[] } | null = null;

  constructor(kafka: Kafka, request: MemberRequest) {
    this.#request = request;
    this.#consumer = kafka.consumer({
      groupId: request.groupId,
      partitionAssigners: [kafkajsAssigner(request)],
      sessionTimeout: request.sessionTimeoutMs,
      rebalanceTimeout: request.sessionTimeoutMs,
      heartbeatInterval: HEARTBEAT_MS,
      maxWaitTimeInMs: FETCH_WAIT_MS_MAX,
      metadataMaxAge: PARTITIONS_CHECK_MS,
      allowAutoTopicCreation: false,
      retry: { retries: 5, restartOnFailure: async () => !this.#stopped },
    });
  }

  async start(): Promise<void> {
    const { GROUP_JOIN, HEARTBEAT, REBALANCING, CRASH } = this.#consumer.events;
    this.#beginRebalance();
    this.#consumer.on(REBALANCING, () => this.#beginRebalance());
    const { topic } = this.#request;
    this.#consumer.on(GROUP_JOIN, ({ payload }) => {
      this.#consumer.pause([{ topic }]);
      this.#request.entered(payload.memberId);
      this.#joining = { memberId: payload.memberId, partitions: payload.memberAssignment[topic] ?? [] };
    });
    // The join event does not contain the generation; the first heartbeat, within HEARTBEAT_MS, does.
    this.#consumer.on(HEARTBEAT, ({ payload }) => this.#settle(payload.groupGenerationId));
    this.#consumer.on(CRASH, ({ payload }) => {
      this.#beginRebalance();
      if (!payload.restart) this.#restart(toKafkaError(payload.error));
    });
    // The topics were described before: a broker that is away has gone away since.
    await this.#restarts.execute(() => this.#run());
  }

  #run(): Promise<void> {
    return classified(async () => {
      await this.#consumer.connect();
      await this.#consumer.subscribe({ topic: this.#request.topic });
      await this.#consumer.run({ autoCommit: false, eachBatch: async () => {} });
    });
  }

  /** kafkajs gives up if no broker names the coordinator of the group, which happens while one comes back. */
  #restart(cause: Error): void {
    const restarted = this.#restarts.execute(async ({ attempt }) => {
      if (attempt === 0) throw cause;
      await this.#run();
    });
    restarted.catch(this.#request.failed);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await classified(() => this.#consumer.disconnect());
  }

  #beginRebalance(): void {
    this.#rebalancingSinceMs ??= performance.now();
  }

  #settle(generation: number): void {
    if (this.#stopped) {
      // kafkajs was restarting itself when it was stopped, and did not stop.
      this.#consumer.disconnect().catch(() => {}); // the group also removes a member that falls silent
      return;
    }
    const joining = this.#joining;
    if (joining === null) return;
    this.#joining = null;
    const isContinuous = joining.memberId === this.#memberId && generation === this.#generation + 1;
    this.#memberId = joining.memberId;
    this.#generation = generation;
    const rebalancingSinceMs = this.#rebalancingSinceMs ?? performance.now();
    this.#rebalancingSinceMs = null;
    this.#request.joined({ generation, partitions: joining.partitions, isContinuous, rebalancingSinceMs });
  }
}
