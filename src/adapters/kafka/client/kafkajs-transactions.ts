// TransactionRequests on a kafkajs cluster (control path, several times an epoch). kafkajs encodes and sends them;
// coordinators are remembered here, which kafkajs looks up each time.
import type { Broker, Cluster } from 'kafkajs';
import type { GroupOffset, ProducerIdentity, TransactionRequests } from './kafka-client.ts';
import { OPERATION_NOT_ATTEMPTED } from './error-codes.ts';
import { isCodeOf } from './kafka-error.ts';
import { classified } from './kafkajs-errors.ts';
import { within } from './within.ts';

interface InTransaction extends ProducerIdentity {
  readonly transactionalId: string;
}

/** What kafkajs's types leave out of a broker. */
interface Coordinator {
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

/** What kafkajs's types leave out of a cluster: they know the coordinators of groups alone. */
interface UntypedCluster {
  findGroupCoordinator(query: {
    readonly groupId: string;
    readonly coordinatorType: number;
  }): Promise<Broker>;
}

const GROUP = 0;
const TRANSACTION = 1;

export class KafkajsTransactions implements TransactionRequests {
  readonly #cluster: Cluster;
  readonly #transactionalId: string;
  readonly #answerMsMax: number;
  readonly #coordinators = new Map<string, Promise<Coordinator>>();

  constructor(cluster: Cluster, transactionalId: string, answerMsMax: number) {
    this.#cluster = cluster;
    this.#transactionalId = transactionalId;
    this.#answerMsMax = answerMsMax;
  }

  forgetCoordinators(): void {
    this.#coordinators.clear();
  }

  init(transactionTimeoutMs: number): Promise<ProducerIdentity> {
    const request = { transactionalId: this.#transactionalId, transactionTimeout: transactionTimeoutMs };
    return this.#toTransaction((coordinator) => coordinator.initProducerId(request));
  }

  async addPartitions(producer: ProducerIdentity, topics: ReadonlyMap<string, number[]>): Promise<void> {
    const list = [...topics].map(([topic, partitions]) => ({ topic, partitions }));
    try {
      await this.#addPartitions(producer, list);
    } catch (error) {
      // Another topic is at fault, and kafkajs reports the first in the answer alone.
      if (!isCodeOf(error, OPERATION_NOT_ATTEMPTED)) throw error;
      for (const one of list) await this.#addPartitions(producer, [one]);
    }
  }

  async #addPartitions(
    producer: ProducerIdentity,
    topics: ReadonlyArray<{ topic: string; partitions: number[] }>,
  ): Promise<void> {
    const request = { ...this.#identify(producer), topics };
    await this.#toTransaction((coordinator) => coordinator.addPartitionsToTxn(request));
  }

  async addOffsets(producer: ProducerIdentity, groupId: string): Promise<void> {
    const request = { ...this.#identify(producer), groupId };
    await this.#toTransaction((coordinator) => coordinator.addOffsetsToTxn(request));
  }

  async commitOffset(
    producer: ProducerIdentity,
    { groupId, topic, partition, offset, metadata }: GroupOffset,
  ): Promise<void> {
    const topics = [{ topic, partitions: [{ partition, offset: String(offset), metadata }] }];
    const request = { ...this.#identify(producer), groupId, topics };
    await this.#toCoordinator(GROUP, groupId, (coordinator) => coordinator.txnOffsetCommit(request));
  }

  async end(producer: ProducerIdentity, commits: boolean): Promise<void> {
    const request = { ...this.#identify(producer), transactionResult: commits };
    await this.#toTransaction((coordinator) => coordinator.endTxn(request));
  }

  #identify({ producerId, producerEpoch }: ProducerIdentity): InTransaction {
    return { transactionalId: this.#transactionalId, producerId, producerEpoch };
  }

  #toTransaction<T>(question: (coordinator: Coordinator) => Promise<T>): Promise<T> {
    return this.#toCoordinator(TRANSACTION, this.#transactionalId, question);
  }

  #toCoordinator<T>(
    type: number,
    id: string,
    question: (coordinator: Coordinator) => Promise<T>,
  ): Promise<T> {
    return classified(async () => {
      const coordinator = await this.#coordinator(type, id);
      return within(this.#answerMsMax, question(coordinator));
    });
  }

  #coordinator(coordinatorType: number, groupId: string): Promise<Coordinator> {
    const name = `${coordinatorType} ${groupId}`;
    const known = this.#coordinators.get(name);
    if (known !== undefined) return known;
    const cluster: UntypedCluster = this.#cluster; // the same object
    const search = cluster.findGroupCoordinator({ groupId, coordinatorType });
    // The same broker, whose types show a part of it.
    const found = within(this.#answerMsMax, search) as Promise<unknown> as Promise<Coordinator>;
    this.#coordinators.set(name, found);
    found.catch(() => this.#coordinators.delete(name));
    return found;
  }
}
