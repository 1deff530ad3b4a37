// The Fetch request, version 11 (control path, once a fetch): records stay bytes here.
// Fetch => replica_id max_wait min_bytes max_bytes isolation session_id session_epoch
//          [topic [partition leader_epoch offset log_start max_bytes]] [forgotten] rack
import { FETCH_BYTES_MAX, FETCH_PARTITION_BYTES_MAX } from '../../../core/limits.ts';
import type { TopicPartition } from '../../../core/topic-partition.ts';
import { ByteReader } from '../records/byte-reader.ts';
import { ByteWriter } from '../records/byte-writer.ts';
import { KafkaError } from '../client/kafka-error.ts';
import type { WireRequest } from '../client/wire-request.ts';

/** From where to read a partition; a request names a partition once. */
export interface FetchFrom extends TopicPartition {
  readonly position: number;
}

export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: number;
}

export interface FetchedPartition extends TopicPartition {
  readonly errorCode: number;
  readonly highWatermark: number;
  readonly lastStableOffset: number;
  readonly abortedTransactions: readonly AbortedTransaction[];
  /** Record batches, the last of which may be cut short; a view of the response. */
  readonly records: Buffer;
}

export interface FetchAnswer {
  /** Until the next request, by the broker's quota. */
  readonly throttleMs: number;
  readonly partitions: readonly FetchedPartition[];
}

const CONSUMER = -1;
const READ_COMMITTED = 1;
const NO_SESSION_ID = 0;
const NO_SESSION_EPOCH = -1;
const UNKNOWN = -1;

/**
 * Partitions are served in the order given, until the response is full.
 * @param waitMs for which the broker holds a fetch that has nothing to give
 */
export function fetchRequest(from: readonly FetchFrom[], waitMs: number): WireRequest<FetchAnswer> {
  const out = new ByteWriter();
  out.int32(CONSUMER);
  out.int32(waitMs);
  out.int32(1); // bytes at least
  out.int32(FETCH_BYTES_MAX);
  out.int8(READ_COMMITTED);
  out.int32(NO_SESSION_ID);
  out.int32(NO_SESSION_EPOCH);
  const topics = Map.groupBy(from, ({ topic }) => topic);
  out.int32(topics.size);
  for (const [topic, partitions] of topics) {
    out.string(topic);
    out.int32(partitions.length);
    for (const { partition, position } of partitions) {
      out.int32(partition);
      out.int32(UNKNOWN); // the leader's epoch
      out.int64(position);
      out.int64(UNKNOWN); // where a follower's log begins
      out.int32(FETCH_PARTITION_BYTES_MAX);
    }
  }
  out.int32(0); // forgotten topics, of a session
  out.string(''); // the rack
  const throttleMsOf = ({ throttleMs }: FetchAnswer): number => throttleMs;
  return { name: 'Fetch', apiKey: 1, apiVersion: 11, body: out.view(), decode, throttleMsOf };
}

function decode(body: Buffer): FetchAnswer {
  const read = new ByteReader(body);
  const throttleMs = read.int32();
  const errorCode = read.int16();
  if (errorCode !== 0) throw KafkaError.ofCode(errorCode, 'Fetch');
  read.int32(); // the session's id
  const partitions = read.array(() => {
    const topic = read.string() ?? '';
    return read.array(() => partitionOf(read, topic));
  });
  return { throttleMs, partitions: partitions.flat() };
}

function partitionOf(read: ByteReader, topic: string): FetchedPartition {
  const partition = read.int32();
  const errorCode = read.int16();
  const highWatermark = read.int64();
  const lastStableOffset = read.int64();
  read.int64(); // where the log begins
  const abortedTransactions = read.array(() => ({
    producerId: read.bigInt64(),
    firstOffset: read.int64(),
  }));
  read.int32(); // the replica that the broker would rather have read
  const records = read.bytes(Math.max(0, read.int32()));
  return { topic, partition, errorCode, highWatermark, lastStableOffset, abortedTransactions, records };
}
