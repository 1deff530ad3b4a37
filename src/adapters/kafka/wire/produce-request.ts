// The Produce request, version 8 (control path, once a request): the batches are bytes already. Version 8 says which
// records of a batch the broker refuses, and why (KIP-467).
// Produce => transactional_id acks timeout [topic [partition record_set]]
import { partitionName, type TopicPartition } from '../../../core/topic-partition.ts';
import { ByteReader } from '../records/byte-reader.ts';
import { ByteWriter } from '../records/byte-writer.ts';
import {
  DUPLICATE_SEQUENCE_NUMBER,
  errorCode,
  INVALID_TIMESTAMP,
  MESSAGE_TOO_LARGE,
  RECORD_LIST_TOO_LARGE,
  UNKNOWN_SERVER_ERROR,
} from '../client/error-codes.ts';
import { KafkaError } from '../client/kafka-error.ts';
import type { WireRequest } from '../client/wire-request.ts';

/** A partition's batch; a request names a partition once. */
export interface ProducedBatch extends TopicPartition {
  readonly bytes: Buffer;
  /** Number of records. */
  readonly count: number;
}

interface ProducedPartition extends TopicPartition {
  readonly errorCode: number;
  /** Offset of the batch's first record; -1 if the broker does not say it. */
  readonly first: number;
  /** The reasons that the broker gives; empty if it gives none. */
  readonly message: string;
}

/** A broker accepts a batch never: one of its records has a size, a time or contents that the topic does not take. */
export class RefusedBatch extends KafkaError {
  readonly topic: string;
  /** Of the batch. */
  readonly bytes: number;
  /** Number of records. */
  readonly count: number;
  readonly isTime: boolean;
  readonly isSize: boolean;

  constructor({ topic, partition, bytes, count }: ProducedBatch, code: number, reasons: string) {
    const { name } = errorCode(code);
    super('record', `${topic}-${partition}: ${name}${reasons === '' ? '' : `, ${reasons}`}`, { code });
    this.topic = topic;
    this.bytes = bytes.length;
    this.count = count;
    this.isTime = code === INVALID_TIMESTAMP;
    this.isSize = code === MESSAGE_TOO_LARGE || code === RECORD_LIST_TOO_LARGE;
  }
}

const ALL_REPLICAS = -1;
/** Room for the lengths around a batch. */
const FRAME_BYTES = 64;
/** Reasons of one batch that an error names: a broker gives one for each record. */
const REASONS_MAX = 3;

export function produceRequest(
  transactionalId: string,
  timeoutMs: number,
  batches: readonly ProducedBatch[],
): WireRequest<ProducedPartition[]> {
  const out = new ByteWriter(batches.reduce((sum, { bytes }) => sum + bytes.length + FRAME_BYTES, 1_024));
  out.string(transactionalId);
  out.int16(ALL_REPLICAS);
  out.int32(timeoutMs);
  const topics = Map.groupBy(batches, ({ topic }) => topic);
  out.int32(topics.size);
  for (const [topic, partitions] of topics) {
    out.string(topic);
    out.int32(partitions.length);
    for (const { partition, bytes } of partitions) {
      out.int32(partition);
      out.int32(bytes.length);
      out.bytes(bytes);
    }
  }
  return { name: 'Produce', apiKey: 0, apiVersion: 8, body: out.view(), decode };
}

function decode(body: Buffer): ProducedPartition[] {
  const read = new ByteReader(body);
  return read
    .array(() => {
      const topic = read.string() ?? '';
      return read.array(() => {
        const partition = read.int32();
        const answered = { topic, partition, errorCode: read.int16(), first: read.int64() };
        read.bytes(2 * 8); // log append time, log start offset
        const reasons = read.array(() => {
          read.int32(); // the record's place in the batch
          return read.string() ?? '';
        });
        const message = [read.string() ?? '', ...reasons.slice(0, REASONS_MAX)].filter((text) => text !== '');
        return { ...answered, message: message.join('; ') };
      });
    })
    .flat();
}

/** The errors, by partition, of the batches that the broker refused or did not mention. */
export function refused(
  batches: readonly ProducedBatch[],
  answered: readonly ProducedPartition[],
): ReadonlyMap<string, KafkaError> {
  const answers = new Map(answered.map((one) => [partitionName(one), one]));
  const refusals = new Map<string, KafkaError>();
  for (const batch of batches) {
    const name = partitionName(batch);
    const { errorCode: code, message } = answers.get(name) ?? {
      errorCode: UNKNOWN_SERVER_ERROR,
      message: '',
    };
    // A duplicate has arrived before, and its acknowledgement was lost.
    if (code === 0 || code === DUPLICATE_SEQUENCE_NUMBER) continue;
    const isFinal = errorCode(code).fault === 'record';
    refusals.set(name, isFinal ? new RefusedBatch(batch, code, message) : KafkaError.ofCode(code, name));
  }
  return refusals;
}
