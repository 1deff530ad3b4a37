// A transactional producer that writes record batches itself (control path, once an epoch; encoding is hot): kafkajs's own
// producer costs some six microseconds a record, in objects and grouping.
// Protocol: KIP-98, "Exactly Once Delivery and Transactional Messaging". Requests that do not wait for each other are
// sent together.
import { MillraceError } from '../../core/errors.ts';
import { PRODUCE_REQUEST_BYTES_MAX } from '../../core/log-limits.ts';
import { partitionName, type TopicPartition } from '../../core/topic-partition.ts';
import type { CommittedOffset, LogRecord, RecordBlock, WrittenRun } from '../../ports/event-log.ts';
import { retriesWithin } from '../../resilience/retries.ts';
import { CONCURRENT_TRANSACTIONS, LEADER_NOT_AVAILABLE } from './client/error-codes.ts';
import {
  NO_LEADER,
  type BrokerConnections,
  type GroupOffset,
  type ProducerIdentity,
  type TransactionRequests,
} from './client/kafka-client.ts';
import { isCodeOf, KafkaError } from './client/kafka-error.ts';
import { PartitionBatches } from './records/partition-batches.ts';
import type { TopicLimits } from './topic-limits.ts';
import { committedOffsetRequest } from './wire/committed-offset-request.ts';
import { produceRequest, refused, type ProducedBatch } from './wire/produce-request.ts';

/** Short at first: the markers of the last transaction are written within some milliseconds. */
const RETRY = { startMs: 2, maxMs: 500 };
/** For one request that the broker is not ready for: an election of leaders, a coordinator that loads. */
const RETRIES_MS_MAX = 15_000;
/** Within which the replicas acknowledge a produce request. */
const ACKNOWLEDGE_MS_MAX = 10_000;

export class TransactionalProducer {
  readonly #connections: BrokerConnections;
  readonly #transactions: TransactionRequests;
  readonly #id: string;
  readonly #timeoutMs: number;
  readonly #limitsOf: (topic: string) => TopicLimits;
  readonly #batches = new Map<string, PartitionBatches>();
  readonly #retries = retriesWithin(RETRIES_MS_MAX, isRetriable, RETRY);
  #identity: ProducerIdentity | null = null;
  /** Whether the coordinator knows about the transaction. */
  #isOpen = false;

  /**
   * @param timeoutMs after which the broker aborts a transaction that does not end
   * @param limitsOf what a topic accepts
   */
  constructor(
    connections: BrokerConnections,
    transactionalId: string,
    timeoutMs: number,
    limitsOf: (topic: string) => TopicLimits,
  ) {
    this.#limitsOf = limitsOf;
    this.#connections = connections;
    this.#id = transactionalId;
    this.#timeoutMs = timeoutMs;
    this.#transactions = connections.transactions(transactionalId);
  }

  /** Fences every older producer of this id and ends what it left open. */
  async open(): Promise<void> {
    await this.#connections.connect();
    this.#identity = await this.#retried(() => this.#transactions.init(this.#timeoutMs));
  }

  append(target: TopicPartition, record: LogRecord): void {
    this.#batchesFor(target).append(record);
  }

  appendBlock(topic: string, block: RecordBlock): void {
    this.#batchesFor({ topic, partition: block.partition }).appendBlock(block);
  }

  #batchesFor(target: TopicPartition): PartitionBatches {
    const name = partitionName(target);
    let batches = this.#batches.get(name);
    if (batches === undefined) this.#batches.set(name, (batches = new PartitionBatches(target)));
    const limits = this.#limitsOf(target.topic);
    batches.bound(limits.batchBytesMax, limits.times(Date.now()));
    return batches;
  }

  /** Everything that was appended, and the offset if there is one, in one transaction. Returns where the records are. */
  async commit(offset: GroupOffset | null): Promise<readonly WrittenRun[]> {
    const producer = this.#identified();
    const runs: WrittenRun[] = [];
    if (offset === null && [...this.#batches.values()].every(({ isEmpty }) => isEmpty)) return runs;
    this.#isOpen = true;
    // Waits for both, even if one fails: a request that arrives after an abort would begin a transaction that never ends.
    const sent = await Promise.allSettled([
      this.#sendRecords(producer, runs),
      offset === null ? undefined : this.#sendOffset(producer, offset),
    ]);
    for (const one of sent) if (one.status === 'rejected') throw one.reason;
    await this.#retried(() => this.#transactions.end(producer, true));
    this.#isOpen = false;
    return runs;
  }

  /** Ends a transaction that failed, if the broker still answers. */
  async abort(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    await this.#transactions.end(this.#identified(), false);
  }

  /**
   * The group's offset, once no transaction has another one under way; null if it has none. A coordinator that has just
   * loaded the group answers as of the high watermark that it found, which may be minutes old after a crash, until the next
   * write to the group's partition: so this writes one, and takes it back.
   */
  async committed(groupId: string, target: TopicPartition): Promise<CommittedOffset | null> {
    const producer = this.#identified();
    this.#isOpen = true;
    const { topic, partition } = target;
    await this.#sendOffset(producer, { groupId, topic, partition, offset: 0, metadata: '' });
    await this.#retried(() => this.#transactions.end(producer, false));
    this.#isOpen = false;
    return this.#retried(async () => {
      const coordinator = await this.#connections.groupCoordinator(groupId);
      return this.#connections.send(coordinator, committedOffsetRequest(groupId, target));
    });
  }

  async close(): Promise<void> {
    await this.#connections.disconnect();
  }

  #identified(): ProducerIdentity {
    if (this.#identity !== null) return this.#identity;
    throw new MillraceError('INVARIANT', 'a producer sends before it is open', { where: this.#id });
  }

  async #sendOffset(producer: ProducerIdentity, offset: GroupOffset): Promise<void> {
    await this.#retried(() => this.#transactions.addOffsets(producer, offset.groupId));
    await this.#retried(() => this.#transactions.commitOffset(producer, offset));
  }

  async #sendRecords(producer: ProducerIdentity, runs: WrittenRun[]): Promise<void> {
    const filled = [...this.#batches.values()].filter((batches) => !batches.isEmpty);
    if (filled.length === 0) return;
    const topics = Map.groupBy(filled, ({ target }) => target.topic);
    const partitions = new Map(
      [...topics].map(([topic, batches]) => [topic, batches.map(({ target }) => target.partition)]),
    );
    await this.#retried(() => this.#transactions.addPartitions(producer, partitions));
    await this.#connections.addTopics([...topics.keys()]);
    for (let rest = filled; rest.length > 0; rest = rest.filter((batches) => !batches.isEmpty)) {
      runs.push(...(await this.#sendRound(producer, rest)));
    }
  }

  /** The next batch of each partition, as far as they fit into a request. A refused one is resent under the same sequence numbers, so none counts twice. */
  async #sendRound(
    producer: ProducerIdentity,
    filled: readonly PartitionBatches[],
  ): Promise<readonly WrittenRun[]> {
    const sender = { producerId: BigInt(producer.producerId), producerEpoch: producer.producerEpoch };
    const round = fitting(filled);
    const sent = round.map((batches) => {
      const { bytes, count } = batches.next(sender);
      return { ...batches.target, bytes, count };
    });
    let waiting = sent;
    const firsts = new Map<string, number>();
    await this.#retried(async () => {
      const refusals = await this.#produce(waiting, firsts);
      waiting = waiting.filter((batch) => refusals.has(partitionName(batch)));
      for (const error of refusals.values()) throw error;
    });
    for (const batches of round) batches.sent();
    return sent.map(({ topic, partition, count }) => {
      return { topic, partition, first: firsts.get(partitionName({ topic, partition })) ?? -1, count };
    });
  }

  /**
   * Sends each batch to its leader. Returns the refusals by partition.
   * @param firsts to which the first offset of each batch is added, by partition
   */
  async #produce(
    batches: readonly ProducedBatch[],
    firsts: Map<string, number>,
  ): Promise<ReadonlyMap<string, KafkaError>> {
    const refusals = new Map<string, KafkaError>();
    const byLeader = Map.groupBy(batches, (batch) => this.#leaderOf(batch));
    const sends = [...byLeader].map(async ([leader, ledBatches]) => {
      const request = produceRequest(this.#id, ACKNOWLEDGE_MS_MAX, ledBatches);
      const answered = await this.#connections.send(leader, request);
      for (const one of answered) firsts.set(partitionName(one), one.first);
      for (const [name, error] of refused(ledBatches, answered)) refusals.set(name, error);
    });
    await Promise.all(sends);
    return refusals;
  }

  #leaderOf(target: TopicPartition): number {
    const leader = this.#connections.leader(target) ?? NO_LEADER;
    if (leader === NO_LEADER) throw KafkaError.ofCode(LEADER_NOT_AVAILABLE, partitionName(target));
    return leader;
  }

  /** Retries for as long as the broker's answer says that it may; a broken connection fails the transaction. */
  #retried<T>(work: () => Promise<T>): Promise<T> {
    let mayHaveMoved = false;
    return this.#retries.execute(async () => {
      if (mayHaveMoved) {
        this.#transactions.forgetCoordinators();
        await this.#connections.refresh();
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

function isRetriable(error: Error): boolean {
  return error instanceof KafkaError && error.isRetriable;
}

/** The markers of the last transaction are still being written: the broker is the right one. */
function isConcurrent(error: unknown): boolean {
  return isCodeOf(error, CONCURRENT_TRANSACTIONS);
}

/** The first ones that one request has room for, or the first alone. */
function fitting(filled: readonly PartitionBatches[]): readonly PartitionBatches[] {
  let bytes = 0;
  const end = filled.findIndex((batches, i) => {
    bytes += batches.nextBytes;
    return i > 0 && bytes > PRODUCE_REQUEST_BYTES_MAX;
  });
  return end < 0 ? filled : filled.slice(0, end);
}
