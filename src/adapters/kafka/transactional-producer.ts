// A transactional producer that writes record batches itself (control path, once an epoch; encoding is hot): kafkajs's
// costs some six microseconds a record, in objects and grouping.
// Protocol: KIP-98, "Exactly Once Delivery and Transactional Messaging", with the requests that do not wait for each other
// sent together.
import type { Cluster } from 'kafkajs';
import { MillraceError } from '../../core/errors.ts';
import { partitionName, type TopicPartition } from '../../core/topic-partition.ts';
import type { LogRecord, RecordBlock } from '../../ports/event-log.ts';
import { leaderOf } from './client/client.ts';
import { PartitionBatches } from './records/partition-batches.ts';
import { produceRequest, refused, type ProducedBatch } from './wire/produce-request.ts';
import { ProtocolError } from './wire/protocol-error.ts';
import { retriesWithin } from '../../resilience/retries.ts';
import { TransactionClient, type GroupOffset, type ProducerIdentity } from './client/transaction-client.ts';
import { send } from './client/wire.ts';
import { ANSWER_MS_MAX, within } from './client/within.ts';

/** Short at first: the markers of the last transaction are written in some milliseconds. */
const RETRY = { startMs: 2, maxMs: 500 };
/** Of one request that the broker is not ready for: an election of leaders, a coordinator that loads. */
const RETRIES_MS_MAX = 15_000;

export class TransactionalProducer {
  readonly #cluster: Cluster;
  readonly #client: TransactionClient;
  readonly #id: string;
  readonly #timeoutMs: number;
  readonly #batches = new Map<string, PartitionBatches>();
  readonly #retries = retriesWithin(RETRIES_MS_MAX, isRetriable, RETRY);
  #identity: ProducerIdentity | null = null;
  /** Whether the coordinator knows of the transaction. */
  #isOpen = false;

  /** @param timeoutMs after which the broker aborts a transaction that does not end */
  constructor(cluster: Cluster, transactionalId: string, timeoutMs: number) {
    this.#cluster = cluster;
    this.#id = transactionalId;
    this.#timeoutMs = timeoutMs;
    this.#client = new TransactionClient(cluster, transactionalId);
  }

  /** Fences every older producer of this id and ends what it left open. */
  async open(): Promise<void> {
    await within(ANSWER_MS_MAX, this.#cluster.connect());
    this.#identity = await this.#retried(() => this.#client.init(this.#timeoutMs));
  }

  append(of: TopicPartition, record: LogRecord): void {
    this.#batchesOf(of).append(record);
  }

  appendBlock(topic: string, block: RecordBlock): void {
    this.#batchesOf({ topic, partition: block.partition }).appendBlock(block);
  }

  #batchesOf(of: TopicPartition): PartitionBatches {
    const name = partitionName(of);
    let batches = this.#batches.get(name);
    if (batches === undefined) this.#batches.set(name, (batches = new PartitionBatches(of)));
    return batches;
  }

  /** All that was appended, and the offset, in one transaction. */
  async commit(at: GroupOffset): Promise<void> {
    const who = this.#who();
    this.#isOpen = true;
    // Both are waited for, also where one fails: what comes after an abort would begin a transaction that nobody ends.
    const sent = await Promise.allSettled([this.#sendRecords(who), this.#sendOffset(who, at)]);
    for (const one of sent) if (one.status === 'rejected') throw one.reason;
    await this.#retried(() => this.#client.end(who, true));
    this.#isOpen = false;
  }

  /** Ends a transaction that failed, where the broker still listens to us. */
  async abort(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    await this.#client.end(this.#who(), false);
  }

  async close(): Promise<void> {
    await within(ANSWER_MS_MAX, this.#cluster.disconnect());
  }

  #who(): ProducerIdentity {
    if (this.#identity !== null) return this.#identity;
    throw new MillraceError('INVARIANT', 'a producer sends before it is open', { where: this.#id });
  }

  async #sendOffset(who: ProducerIdentity, at: GroupOffset): Promise<void> {
    await this.#retried(() => this.#client.addOffsets(who, at.groupId));
    await this.#retried(() => this.#client.commitOffset(who, at));
  }

  async #sendRecords(who: ProducerIdentity): Promise<void> {
    const filled = [...this.#batches.values()].filter((batches) => !batches.isEmpty);
    if (filled.length === 0) return;
    const topics = Map.groupBy(filled, ({ of }) => of.topic);
    const named = new Map([...topics].map(([topic, of]) => [topic, of.map((one) => one.of.partition)]));
    await this.#retried(() => this.#client.addPartitions(who, named));
    await within(ANSWER_MS_MAX, this.#cluster.addMultipleTargetTopics([...topics.keys()]));
    for (let rest = filled; rest.length > 0; rest = rest.filter((batches) => !batches.isEmpty)) {
      await this.#sendRound(who, rest);
    }
  }

  /** The next batch of each partition. A refused one is sent again under the same numbers, so that none counts twice. */
  async #sendRound(who: ProducerIdentity, of: readonly PartitionBatches[]): Promise<void> {
    const sender = { producerId: BigInt(who.producerId), producerEpoch: who.producerEpoch };
    let waiting = of.map((batches) => ({ ...batches.of, bytes: batches.next(sender) }));
    await this.#retried(async () => {
      const codes = await this.#produce(waiting);
      waiting = waiting.filter((batch) => codes.has(partitionName(batch)));
      for (const [where, code] of codes) throw new ProtocolError(code, where);
    });
    for (const batches of of) batches.sent();
  }

  /** To the leaders, each its own; error codes by partition. */
  async #produce(batches: readonly ProducedBatch[]): Promise<ReadonlyMap<string, number>> {
    const codes = new Map<string, number>();
    const byLeader = Map.groupBy(batches, (batch) => this.#leaderOf(batch));
    const sends = [...byLeader].map(async ([leader, of]) => {
      const broker = await within(ANSWER_MS_MAX, this.#cluster.findBroker({ nodeId: String(leader) }));
      const request = produceRequest(this.#id, ANSWER_MS_MAX, of);
      const answered = await within(ANSWER_MS_MAX, send(broker, request));
      for (const [name, code] of refused(of, answered)) codes.set(name, code);
    });
    await Promise.all(sends);
    return codes;
  }

  #leaderOf(of: TopicPartition): number {
    const leader = leaderOf(this.#cluster, of) ?? -1;
    if (leader < 0) throw new ProtocolError(LEADER_NOT_AVAILABLE, partitionName(of));
    return leader;
  }

  /** Again, for as long as the broker says that it may be asked again; a broken connection fails the transaction. */
  #retried<T>(work: () => Promise<T>): Promise<T> {
    let mayHaveMoved = false;
    return this.#retries.execute(async () => {
      if (mayHaveMoved) {
        this.#client.forget();
        await within(ANSWER_MS_MAX, this.#cluster.refreshMetadata());
      }
      try {
        return await work();
      } catch (error) {
        mayHaveMoved = !isConcurrent(error);
        throw error;
      }
    });
  }
}

const LEADER_NOT_AVAILABLE = 5;

/** As kafkajs and ProtocolError say it of what a broker answered, which has a type. */
function isRetriable(error: Error): boolean {
  return 'type' in error && 'retriable' in error && error.retriable === true;
}

/** The markers of the last transaction are still being written: the broker is the right one. */
function isConcurrent(error: unknown): boolean {
  return error instanceof Error && 'type' in error && error.type === 'CONCURRENT_TRANSACTIONS';
}
