// The requests of a transaction to its coordinators (control path, some times an epoch). kafkajs sends them, but for the
// one that carries records; coordinators are remembered, which kafkajs asks for anew each time.
import type { Broker, Cluster } from 'kafkajs';
import { ANSWER_MS_MAX, within } from './within.ts';

/** A producer's identity as the coordinator gave it. */
export interface ProducerIdentity {
  readonly producerId: string;
  readonly producerEpoch: number;
}

export interface GroupOffset {
  readonly groupId: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly metadata: string;
}

interface InTransaction extends ProducerIdentity {
  readonly transactionalId: string;
}

/** What kafkajs's types leave out of a broker. */
interface TransactionBroker {
  initProducerId(request: {
    readonly transactionalId: string;
    readonly transactionTimeout: number;
  }): Promise<ProducerIdentity>;
  addPartitionsToTxn(
    request: InTransaction & { readonly topics: ReadonlyArray<{ topic: string; partitions: number[] }> },
  ): Promise<unknown>;
  addOffsetsToTxn(request: InTransaction & { readonly groupId: string }): Promise<unknown>;
  txnOffsetCommit(
    request: InTransaction & {
      readonly groupId: string;
      readonly topics: ReadonlyArray<{
        topic: string;
        partitions: ReadonlyArray<{ partition: number; offset: string; metadata: string }>;
      }>;
    },
  ): Promise<unknown>;
  endTxn(request: InTransaction & { readonly transactionResult: boolean }): Promise<unknown>;
}

/** And of a cluster. */
interface TransactionCluster {
  findGroupCoordinator(of: { readonly groupId: string; readonly coordinatorType: number }): Promise<Broker>;
}

const GROUP = 0;
const TRANSACTION = 1;

export class TransactionClient {
  readonly #cluster: Cluster;
  readonly #transactionalId: string;
  readonly #coordinators = new Map<string, Promise<TransactionBroker>>();

  constructor(cluster: Cluster, transactionalId: string) {
    this.#cluster = cluster;
    this.#transactionalId = transactionalId;
  }

  /** Coordinators are looked for again: one has moved, or a broker does not answer. */
  forget(): void {
    this.#coordinators.clear();
  }

  async init(transactionTimeoutMs: number): Promise<ProducerIdentity> {
    const coordinator = await this.#coordinator(TRANSACTION, this.#transactionalId);
    return within(
      ANSWER_MS_MAX,
      coordinator.initProducerId({
        transactionalId: this.#transactionalId,
        transactionTimeout: transactionTimeoutMs,
      }),
    );
  }

  async addPartitions(who: ProducerIdentity, topics: ReadonlyMap<string, number[]>): Promise<void> {
    const coordinator = await this.#coordinator(TRANSACTION, this.#transactionalId);
    const list = [...topics].map(([topic, partitions]) => ({ topic, partitions }));
    await within(ANSWER_MS_MAX, coordinator.addPartitionsToTxn({ ...this.#of(who), topics: list }));
  }

  async addOffsets(who: ProducerIdentity, groupId: string): Promise<void> {
    const coordinator = await this.#coordinator(TRANSACTION, this.#transactionalId);
    await within(ANSWER_MS_MAX, coordinator.addOffsetsToTxn({ ...this.#of(who), groupId }));
  }

  async commitOffset(who: ProducerIdentity, at: GroupOffset): Promise<void> {
    const coordinator = await this.#coordinator(GROUP, at.groupId);
    const { groupId, topic, partition, offset, metadata } = at;
    const topics = [{ topic, partitions: [{ partition, offset: String(offset), metadata }] }];
    await within(ANSWER_MS_MAX, coordinator.txnOffsetCommit({ ...this.#of(who), groupId, topics }));
  }

  async end(who: ProducerIdentity, commits: boolean): Promise<void> {
    const coordinator = await this.#coordinator(TRANSACTION, this.#transactionalId);
    await within(ANSWER_MS_MAX, coordinator.endTxn({ ...this.#of(who), transactionResult: commits }));
  }

  #of({ producerId, producerEpoch }: ProducerIdentity): InTransaction {
    return { transactionalId: this.#transactionalId, producerId, producerEpoch };
  }

  #coordinator(coordinatorType: number, groupId: string): Promise<TransactionBroker> {
    const name = `${coordinatorType} ${groupId}`;
    const known = this.#coordinators.get(name);
    if (known !== undefined) return known;
    const cluster = this.#cluster as unknown as TransactionCluster; // kafkajs's types know of groups alone
    const found = within(
      ANSWER_MS_MAX,
      cluster.findGroupCoordinator({ groupId, coordinatorType }),
    ) as Promise<unknown> as Promise<TransactionBroker>; // the same broker, whose types show a part of it
    this.#coordinators.set(name, found);
    found.catch(() => this.#coordinators.delete(name));
    return found;
  }
}
