// The Produce request, version 7 (control path, once a request): the batches are bytes already.
// Produce => transactional_id acks timeout [topic [partition record_set]]
import { partitionName, type TopicPartition } from '../../../core/topic-partition.ts';
import { ByteReader } from '../records/byte-reader.ts';
import { ByteWriter } from '../records/byte-writer.ts';
import { DUPLICATE_SEQUENCE_NUMBER, UNKNOWN_SERVER_ERROR } from '../client/error-codes.ts';
import type { WireRequest } from '../client/wire-request.ts';

/** A partition's batch; a request names a partition once. */
export interface ProducedBatch extends TopicPartition {
  readonly bytes: Buffer;
}

interface ProducedPartition extends TopicPartition {
  readonly errorCode: number;
}

const ALL_REPLICAS = -1;
/** Room for the lengths around a batch. */
const FRAME_BYTES = 64;

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
  return { name: 'Produce', apiKey: 0, apiVersion: 7, body: out.view(), decode };
}

function decode(body: Buffer): ProducedPartition[] {
  const read = new ByteReader(body);
  return read
    .array(() => {
      const topic = read.string() ?? '';
      return read.array(() => {
        const answered = { topic, partition: read.int32(), errorCode: read.int16() };
        read.bytes(3 * 8); // base offset, log append time, log start offset
        return answered;
      });
    })
    .flat();
}

/** Error codes, by partition, of the batches that the broker refused or did not mention. */
export function refused(
  batches: readonly ProducedBatch[],
  answered: readonly ProducedPartition[],
): ReadonlyMap<string, number> {
  const codes = new Map(answered.map((one) => [partitionName(one), one.errorCode]));
  const refusals = new Map<string, number>();
  for (const batch of batches) {
    const code = codes.get(partitionName(batch)) ?? UNKNOWN_SERVER_ERROR;
    // A duplicate has arrived before, and its acknowledgement was lost.
    if (code !== 0 && code !== DUPLICATE_SEQUENCE_NUMBER) refusals.set(partitionName(batch), code);
  }
  return refusals;
}
