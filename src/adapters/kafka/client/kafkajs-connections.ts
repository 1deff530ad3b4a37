// BrokerConnections on a kafkajs cluster (control path, once a request). kafkajs keeps the brokers, their connections,
// TLS and SASL.
import type { Broker, Cluster } from 'kafkajs';
import type { TopicPartition } from '../../../core/topic-partition.ts';
import type { BrokerConnections, TransactionRequests } from './kafka-client.ts';
import { KafkaError } from './kafka-error.ts';
import { classified, toKafkaError } from './kafkajs-errors.ts';
import { KafkajsTransactions } from './kafkajs-transactions.ts';
import type { Membership } from './options.ts';
import type { WireRequest } from './wire-request.ts';
import { within } from './within.ts';

interface Decoded {
  readonly answer: unknown;
  readonly clientSideThrottleTime: number;
}

/** What kafkajs's types leave out of a broker; its request queue asks for an encoder, of which it reads these two. */
interface UntypedBroker {
  readonly nodeId: string | number;
  readonly versions: Readonly<Record<number, { readonly maxVersion: number } | undefined>> | null;
  readonly connectionPool: {
    send(request: {
      readonly request: {
        readonly apiKey: number;
        readonly apiVersion: number;
        readonly apiName: string;
        readonly encode: () => Promise<{ readonly buf: Buffer; readonly buffer: Buffer }>;
      };
      readonly response: {
        readonly decode: (body: Buffer) => Promise<Decoded>;
        readonly parse: (decoded: Decoded) => Promise<unknown>;
      };
      /** kafkajs would log what `decode` throws. */
      readonly logResponseError: boolean;
    }): Promise<unknown>;
  };
  leaveGroup(membership: Membership): Promise<unknown>;
}

export class KafkajsConnections implements BrokerConnections {
  readonly #cluster: Cluster;
  readonly #answerMsMax: number;
  #connecting: Promise<void> | null = null;

  /** @param answerMsMax within which a broker answers unless the connection hangs */
  constructor(cluster: Cluster, answerMsMax: number) {
    this.#cluster = cluster;
    this.#answerMsMax = answerMsMax;
  }

  /** Shared: kafkajs says that it is connected before requests can be sent. */
  async connect(): Promise<void> {
    if (this.#connecting === null && this.#cluster.isConnected()) return;
    this.#connecting ??= this.#ask(() => this.#cluster.connect()).finally(() => {
      this.#connecting = null;
    });
    await this.#connecting;
  }

  disconnect(): Promise<void> {
    return this.#ask(() => this.#cluster.disconnect());
  }

  addTopics(topics: readonly string[]): Promise<void> {
    return this.#ask(() => this.#cluster.addMultipleTargetTopics([...topics]));
  }

  refresh(): Promise<void> {
    return this.#ask(() => this.#cluster.refreshMetadata());
  }

  leader({ topic, partition }: TopicPartition): number | undefined {
    try {
      const known = this.#cluster.findTopicPartitionMetadata(topic);
      return known.find(({ partitionId }) => partitionId === partition)?.leader;
    } catch (error) {
      throw toKafkaError(error);
    }
  }

  async offset({ topic, partition }: TopicPartition, end: 'earliest' | 'latest'): Promise<number> {
    const query = [{ topic, partitions: [{ partition }], fromBeginning: end === 'earliest' }];
    const [found] = await this.#ask(() => this.#cluster.fetchTopicsOffset(query));
    return Number(found?.partitions[0]?.offset ?? 0);
  }

  async send<T>(
    nodeId: number,
    { name, apiKey, apiVersion, body, decode, throttleMsOf }: WireRequest<T>,
  ): Promise<T> {
    const broker = untyped(await this.#ask(() => this.#cluster.findBroker({ nodeId: String(nodeId) })));
    const known = broker.versions?.[apiKey];
    if (known !== undefined && known.maxVersion < apiVersion)
      throw new KafkaError('unsupported', `the broker does not know ${name} of version ${apiVersion}`);
    const answer = await this.#ask(() =>
      broker.connectionPool.send({
        request: { apiKey, apiVersion, apiName: name, encode: async () => ({ buf: body, buffer: body }) },
        response: {
          decode: async (response) => {
            const answer = decode(response);
            return { answer, clientSideThrottleTime: throttleMsOf?.(answer) ?? 0 };
          },
          parse: async (decoded) => decoded.answer,
        },
        logResponseError: false,
      }),
    );
    return answer as T; // what `decode` made
  }

  async groupCoordinator(groupId: string): Promise<number> {
    const coordinator = await this.#ask(() => this.#cluster.findGroupCoordinator({ groupId }));
    return Number(untyped(coordinator).nodeId);
  }

  transactions(transactionalId: string): TransactionRequests {
    return new KafkajsTransactions(this.#cluster, transactionalId, this.#answerMsMax);
  }

  async leaveGroup(membership: Membership): Promise<void> {
    const { groupId } = membership;
    const coordinator = await this.#ask(() => this.#cluster.findGroupCoordinator({ groupId }));
    await this.#ask(() => untyped(coordinator).leaveGroup(membership));
  }

  #ask<T>(question: () => Promise<T>): Promise<T> {
    return classified(() => within(this.#answerMsMax, question()));
  }
}

/** The same object: kafkajs's types show a part of it. */
function untyped(broker: Broker): UntypedBroker {
  return broker as unknown as UntypedBroker;
}
