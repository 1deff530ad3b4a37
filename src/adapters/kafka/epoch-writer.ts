// One task's outputs as Kafka transactions (control path, once an epoch).
import { setTimeout as sleep } from 'node:timers/promises';
import type { Kafka, Producer, Transaction } from 'kafkajs';
import { MillraceError } from '../../core/errors.ts';
import { partitionName, type TopicPartition } from '../../core/topic-partition.ts';
import type { CommittedOffset, EpochWriter, LogRecord } from '../../ports/event-log.ts';
import { PRODUCER_RETRY } from './client.ts';
import { isConcurrentTransaction } from './failure.ts';
import { CHOSEN_PARTITION, MessageShaper } from './messages.ts';

/** What an epoch writer needs from the log that it writes to. */
export interface WriterHost {
  readonly kafka: Kafka;
  readonly transactionTimeoutMs: number;
  partitionCount(topic: string): Promise<number>;
  committedOffsets(groupId: string, topic: string): Promise<ReadonlyMap<number, CommittedOffset>>;
  failure(error: unknown, what: string, where: string): MillraceError;
}

export class KafkaEpochWriter implements EpochWriter {
  readonly #host: WriterHost;
  readonly #id: string;
  readonly #producer: Producer;
  readonly #shaper = new MessageShaper();
  #pending = new Map<string, LogRecord[]>();
  /** Begun in the client alone: the broker hears of it with the first record or offset. */
  #transaction: Transaction | null = null;
  #broken: MillraceError | null = null;

  constructor(host: WriterHost, transactionalId: string) {
    this.#host = host;
    this.#id = transactionalId;
    this.#producer = host.kafka.producer({
      transactionalId,
      idempotent: true,
      maxInFlightRequests: 1,
      transactionTimeout: host.transactionTimeoutMs,
      createPartitioner: CHOSEN_PARTITION,
      retry: PRODUCER_RETRY,
      allowAutoTopicCreation: false,
    });
  }

  /** Fences every older writer of this id and ends what it left open. */
  async open(): Promise<this> {
    try {
      await this.#producer.connect();
      this.#transaction = await this.#producer.transaction();
      return this;
    } catch (error) {
      await this.#producer.disconnect();
      throw this.#host.failure(error, 'cannot open the transactional producer', this.#id);
    }
  }

  append(topic: string, records: readonly LogRecord[]): void {
    const pending = this.#pending.get(topic);
    if (pending === undefined) this.#pending.set(topic, [...records]);
    else for (const record of records) pending.push(record);
  }

  /**
   * G as it stood when this writer was opened: whatever older writers of this id had under way is committed or gone by
   * then. To ask any other way is to ask too early: for some milliseconds after a commit was acknowledged, the group's
   * coordinator still gives the offset before it.
   */
  async committed(groupId: string, source: TopicPartition): Promise<CommittedOffset | null> {
    return (await this.#host.committedOffsets(groupId, source.topic)).get(source.partition) ?? null;
  }

  /** After a failure nothing of the epoch is visible, or all of it is (its acknowledgement was lost): read G to know. */
  async commit(
    groupId: string,
    source: TopicPartition,
    offsetNext: number,
    metadata?: string,
  ): Promise<void> {
    if (this.#broken !== null) throw this.#broken;
    const pending = this.#pending;
    this.#pending = new Map();
    try {
      const transaction = this.#transaction ?? (await this.#producer.transaction());
      this.#transaction = transaction;
      for (const [topic, records] of pending) {
        const partitionCount = await this.#host.partitionCount(topic);
        for (const messages of this.#shaper.sends(records, partitionCount))
          await transaction.send({ topic, messages });
      }
      const { topic, partition } = source;
      const at = { partition, offset: String(offsetNext), metadata: metadata ?? '' };
      await sendOffset(transaction, groupId, topic, at);
      await transaction.commit();
      this.#transaction = null;
    } catch (error) {
      this.#broken = this.#host.failure(
        error,
        `the epoch of ${partitionName(source)} was not committed`,
        this.#id,
      );
      await this.#abort();
      throw this.#broken;
    }
  }

  async close(): Promise<void> {
    this.#broken ??= new MillraceError('LOG_FAILED', 'a commit on a closed epoch writer', {
      where: this.#id,
    });
    await this.#abort();
    await this.#producer.disconnect();
  }

  /** Frees readers from waiting for the transaction's time-out, where the broker still listens to us. */
  async #abort(): Promise<void> {
    const transaction = this.#transaction;
    this.#transaction = null;
    if (transaction === null || !transaction.isActive()) return;
    await transaction.abort().catch(() => {}); // the cause is what the caller is told
  }
}

/** Milliseconds between tries, and tries, of an offset whose transaction the broker is not ready for: 10 s in all. */
const OFFSET_RETRY_MS = 5;
const OFFSET_TRIES_MAX = 2_000;

/** kafkajs tries records again, but not an offset, while the markers of the last transaction are being written. */
async function sendOffset(
  transaction: Transaction,
  consumerGroupId: string,
  topic: string,
  at: { readonly partition: number; readonly offset: string; readonly metadata: string },
): Promise<void> {
  const topics = [{ topic, partitions: [at] }];
  for (let tries = 1; ; tries++) {
    try {
      await transaction.sendOffsets({ consumerGroupId, topics });
      return;
    } catch (error) {
      if (!isConcurrentTransaction(error) || tries >= OFFSET_TRIES_MAX) throw error;
      await sleep(OFFSET_RETRY_MS);
    }
  }
}
