// The Fetch request, version 11 (control path, once a fetch): records stay bytes.
// Fetch => replica_id max_wait min_bytes max_bytes isolation session_id session_epoch
//          [topic [partition leader_epoch offset log_start max_bytes]] [forgotten] rack
import { FETCH_BYTES_MAX, FETCH_PARTITION_BYTES_MAX } from '../../../core/log-limits.ts';
import type { TopicPartition } from '../../../core/topic-partition.ts';
import { ByteReader } from '../records/byte-reader.ts';
import { ByteWriter } from '../records/byte-writer.ts';
import { KafkaError } from '../client/kafka-error.ts';
import type { WireRequest } from '../client/wire-request.ts';
import { ISOLATION_LEVELS, type Isolation } from './isolation.ts';

/** Where to start in a partition; a request names a partition once. */
interface FetchFrom extends TopicPartition {
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
  /** Record batches, of which the last may be cut short; a view of the response. */
  readonly records: Buffer;
}

export interface FetchAnswer {
  /** For which the broker's quota delays the next request. */
  readonly throttleMs: number;
  readonly partitions: readonly FetchedPartition[];
}

const CONSUMER = -1;
const NO_SESSION_ID = 0;
const NO_SESSION_EPOCH = -1;
const UNKNOWN = -1;

/**
 * The broker serves partitions in the given order, until the response is full.
 * @param waitMs how long the broker delays the answer if it has no records
 */
export function fetchRequest(
  from: readonly FetchFrom[],
  waitMs: number,
  isolation: Isolation = 'committed',
): WireRequest<FetchAnswer> {
  const out = new ByteWriter();
  out.int32(CONSUMER);
  out.int32(waitMs);
  out.int32(1); // the least bytes to answer with
  out.int32(FETCH_BYTES_MAX);
  out.int8(ISOLATION_LEVELS[isolation]);
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
      out.int64(UNKNOWN); // the start of a follower's log
      out.int32(FETCH_PARTITION_BYTES_MAX);
    }
  }
  out.int32(0); // forgotten topics of a session
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
  read.int64(); // the start of the log
  const abortedTransactions = read.array(() => ({
    producerId: read.bigInt64(),
    firstOffset: read.int64(),
  }));
  read.int32(); // the replica that the broker prefers to be read
  const records = read.bytes(Math.max(0, read.int32()));
  return { topic, partition, errorCode, highWatermark, lastStableOffset, abortedTransactions, records };
}
