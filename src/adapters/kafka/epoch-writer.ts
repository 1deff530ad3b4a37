// One task's outputs as Kafka transactions (control path, once an epoch).
import { randomUUID } from 'node:crypto';
import { ByteColumn } from '../../core/byte-column.ts';
import { MillraceError } from '../../core/errors.ts';
import { PartitionChoice } from '../../core/partition-choice.ts';
import { recordBytes } from '../../core/record-bytes.ts';
import { partitionName, type TopicPartition } from '../../core/topic-partition.ts';
import type {
  Appended,
  CommittedOffset,
  EpochWriter,
  LogRecord,
  RecordBlock,
  RecordWriter,
  WrittenRun,
} from '../../ports/event-log.ts';
import type { GroupOffset, KafkaClient } from './client/kafka-client.ts';
import type { TopicLimitsTable } from './topic-limits.ts';
import { TransactionalProducer } from './transactional-producer.ts';
import { RefusedBatch } from './wire/produce-request.ts';

/** What an epoch writer needs from its log. */
export interface WriterHost {
  readonly client: KafkaClient;
  readonly limits: TopicLimitsTable;
  partitionCount(topic: string): Promise<number>;
  failure(error: unknown, what: string, where: string): MillraceError;
}

export class KafkaEpochWriter implements EpochWriter, RecordWriter {
  readonly #host: WriterHost;
  readonly #id: string;
  readonly #producer: TransactionalProducer;
  readonly #choice = new PartitionChoice();
  #pending: Appended[] = [];
  #broken: MillraceError | null = null;

  /** @param timeoutMs after which the broker aborts a transaction that does not end */
  constructor(host: WriterHost, transactionalId: string, timeoutMs: number) {
    this.#host = host;
    this.#id = transactionalId;
    const connections = host.client.connections();
    this.#producer = new TransactionalProducer(connections, transactionalId, timeoutMs, (topic) =>
      host.limits.of(topic),
    );
  }

  /** Fences every older writer of this id and ends what it left open. */
  async open(): Promise<this> {
    try {
      await this.#producer.open();
      return this;
    } catch (error) {
      await this.#producer.close().catch(() => undefined); // the caller gets the cause
      throw this.#host.failure(error, 'cannot open the transactional producer', this.#id);
    }
  }

  recordBytesMax(topic: string): number {
    return this.#host.limits.of(topic).recordBytesMax;
  }

  append(topic: string, records: Appended['records']): void {
    this.#pending.push({ topic, records });
  }

  /**
   * The group's offset as of when this writer was opened: whatever older writers of this id had under way is committed
   * or aborted by then. A query that does not wait for transactions answers an older offset, or none, for as long as the
   * group's coordinator has not taken in how they ended.
   */
  async committed(groupId: string, source: TopicPartition): Promise<CommittedOffset | null> {
    try {
      return await this.#producer.committed(groupId, source);
    } catch (error) {
      throw this.#host.failure(error, 'cannot read the offset of a group', groupId);
    }
  }

  /** After a failure nothing of the epoch is visible, or all of it is (its acknowledgement was lost), as the group's offset shows. */
  async commit(
    groupId: string,
    source: TopicPartition,
    offsetNext: number,
    metadata?: string,
  ): Promise<void> {
    const { topic, partition } = source;
    const offset = { groupId, topic, partition, offset: offsetNext, metadata: metadata ?? '' };
    await this.#commit(offset, `the epoch of ${partitionName(source)} was not committed`);
  }

  commitRecords(): Promise<readonly WrittenRun[]> {
    return this.#commit(null, 'records were not committed');
  }

  async #commit(offset: GroupOffset | null, failed: string): Promise<readonly WrittenRun[]> {
    if (this.#broken !== null) throw this.#broken;
    const pending = this.#pending;
    this.#pending = [];
    try {
      for (const { topic, records } of pending) {
        if ('partition' in records) await this.#appendBlock(topic, records);
        else await this.#appendEach(topic, records);
      }
      return await this.#producer.commit(offset);
    } catch (error) {
      this.#broken = this.#host.failure(error, failed, this.#id);
      await this.#abort();
      if (error instanceof RefusedBatch) this.#broken = await this.#learned(error, this.#broken);
      throw this.#broken;
    }
  }

  /** The restart of a task whose outputs were refused computes them again, for what the topic is now known to accept. */
  async #learned(refusal: RefusedBatch, failure: MillraceError): Promise<MillraceError> {
    const helps = await this.#host.limits.learn(refusal).catch(() => true); // an outage: the restart meets it as well
    if (!helps) return failure;
    return new MillraceError('LOG_UNAVAILABLE', `a topic accepts less than it did: ${refusal.message}`, {
      where: this.#id,
      remedy: 'The epoch is computed again; what the topic does not accept is set aside.',
      cause: refusal,
    });
  }

  async #appendBlock(topic: string, block: RecordBlock): Promise<void> {
    const { needsKeys } = await this.#host.limits.known(topic);
    this.#producer.appendBlock(topic, needsKeys ? withKeys(block) : block);
  }

  async #appendEach(topic: string, records: readonly LogRecord[]): Promise<void> {
    const partitionCount = await this.#host.partitionCount(topic);
    const { recordBytesMax: bytesMax, needsKeys } = await this.#host.limits.known(topic);
    for (const record of records) {
      const bytes = recordBytes(record);
      if (bytes > bytesMax) throw tooLarge(topic, bytes, bytesMax);
      const partition = this.#choice.of(record, partitionCount);
      const key = record.key ?? (needsKeys ? ownKey() : null);
      this.#producer.append({ topic, partition }, { ...record, key });
    }
  }

  async close(): Promise<void> {
    this.#broken ??= new MillraceError('FENCED', 'a commit on a closed epoch writer', { where: this.#id });
    await this.#abort();
    await this.#producer.close().catch(() => undefined); // a connection that does not even close
  }

  /** Frees readers from waiting for the transaction's time-out, if the broker still answers. */
  async #abort(): Promise<void> {
    await this.#producer.abort().catch(() => undefined); // the caller gets the cause
  }
}

/** For a record without a key: no two are one entity, whose older ones compaction would remove. */
function ownKey(): Buffer {
  return Buffer.from(randomUUID());
}

function withKeys(block: RecordBlock): RecordBlock {
  return { ...block, keys: ByteColumn.of(Array.from(block.keys, (key) => key ?? ownKey())) };
}

/** A record of the engine itself, such as observations: no event can be set aside for it. */
function tooLarge(topic: string, bytes: number, bytesMax: number): MillraceError {
  return new MillraceError(
    'OUTPUT_TOO_LARGE',
    `a record of ${bytes} bytes, and the topic accepts ${bytesMax}`,
    {
      where: topic,
      remedy: `Raise max.message.bytes of the topic to ${2 * bytes} or more.`,
    },
  );
}
