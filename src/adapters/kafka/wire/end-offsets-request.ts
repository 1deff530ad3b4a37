// The ListOffsets request, version 2 (control path), for the ends of partitions of one leader. The client's own asks for
// the last stable offset alone, which stays before a transaction that is never ended.
// ListOffsets => replica_id isolation_level [topic [partition timestamp]]
import { KafkaError } from '../client/kafka-error.ts';
import type { WireRequest } from '../client/wire-request.ts';
import { ByteReader } from '../records/byte-reader.ts';
import { ByteWriter } from '../records/byte-writer.ts';
import { ISOLATION_LEVELS, type Isolation } from './isolation.ts';

const CONSUMER = -1;
const LATEST = -1;

/** Answers the offset after the last record, by partition: with `committed` the last stable offset, else the high watermark. */
export function endOffsetsRequest(
  topic: string,
  partitions: readonly number[],
  isolation: Isolation,
): WireRequest<ReadonlyMap<number, number>> {
  const out = new ByteWriter();
  out.int32(CONSUMER);
  out.int8(ISOLATION_LEVELS[isolation]);
  out.int32(1); // topics
  out.string(topic);
  out.int32(partitions.length);
  for (const partition of partitions) {
    out.int32(partition);
    out.int64(LATEST);
  }
  return { name: 'ListOffsets', apiKey: 2, apiVersion: 2, body: out.view(), decode };
}

/** @throws KafkaError if a partition has none */
function decode(body: Buffer): ReadonlyMap<number, number> {
  const read = new ByteReader(body);
  read.int32(); // throttle time
  const ends = new Map<number, number>();
  read.array(() => {
    const topic = read.string() ?? '';
    read.array(() => {
      const partition = read.int32();
      const code = read.int16();
      if (code !== 0) throw KafkaError.ofCode(code, `${topic}-${partition}`);
      read.int64(); // the record's time
      ends.set(partition, read.int64());
    });
  });
  return ends;
}
