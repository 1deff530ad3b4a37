// The OffsetFetch request, version 7 (control path), for the offset of one partition: the first version that waits for
// transactions (KIP-447), from Kafka 2.5 on. The client's own does not, and answers what the group had before them.
// OffsetFetch => group_id [topic [partition] TAGS] require_stable TAGS
import type { TopicPartition } from '../../../core/topic-partition.ts';
import type { CommittedOffset } from '../../../ports/event-log.ts';
import { KafkaError } from '../client/kafka-error.ts';
import type { WireRequest } from '../client/wire-request.ts';
import { ByteReader } from '../records/byte-reader.ts';
import { ByteWriter } from '../records/byte-writer.ts';
import {
  NO_TAGS,
  readCompactLength,
  readCompactString,
  skipTags,
  writeCompactLength,
  writeCompactString,
} from './compact.ts';

const REQUIRE_STABLE = 1;

/** Answers null where the group has committed none. */
export function committedOffsetRequest(
  groupId: string,
  { topic, partition }: TopicPartition,
): WireRequest<CommittedOffset | null> {
  const out = new ByteWriter();
  out.int8(NO_TAGS); // the end of the header
  writeCompactString(out, groupId);
  writeCompactLength(out, 1);
  writeCompactString(out, topic);
  writeCompactLength(out, 1);
  out.int32(partition);
  out.int8(NO_TAGS);
  out.int8(REQUIRE_STABLE);
  out.int8(NO_TAGS);
  return {
    name: 'OffsetFetch',
    apiKey: 9,
    apiVersion: 7,
    body: out.view(),
    decode: (body) => decode(body, groupId),
  };
}

/** @throws KafkaError, UNSTABLE_OFFSET_COMMIT while a transaction has an offset of the partition */
function decode(body: Buffer, groupId: string): CommittedOffset | null {
  const read = new ByteReader(body);
  skipTags(read);
  read.int32(); // throttle time
  let found: CommittedOffset | null = null;
  const topics = readCompactLength(read);
  for (let topic = 0; topic < topics; topic++) {
    readCompactString(read); // name
    const partitions = readCompactLength(read);
    for (let i = 0; i < partitions; i++) {
      read.int32(); // partition
      const offset = read.int64();
      read.int32(); // leader epoch
      const metadata = readCompactString(read);
      const code = read.int16();
      if (code !== 0) throw KafkaError.ofCode(code, groupId);
      skipTags(read);
      if (offset >= 0) found = { offset, metadata };
    }
    skipTags(read);
  }
  const code = read.int16();
  if (code !== 0) throw KafkaError.ofCode(code, groupId);
  return found;
}
