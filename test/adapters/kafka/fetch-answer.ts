// The body of a Fetch answer, version 11, as a broker would send it.
import type { FetchedPartition } from '../../../src/adapters/kafka/wire/fetch-request.ts';
import { ByteWriter } from '../../../src/adapters/kafka/records/byte-writer.ts';

export function answerOf(partitions: readonly FetchedPartition[], throttleMs = 0): Buffer {
  const out = new ByteWriter();
  out.int32(throttleMs);
  out.int16(0);
  out.int32(0); // the session
  const topics = Map.groupBy(partitions, ({ topic }) => topic);
  out.int32(topics.size);
  for (const [topic, answered] of topics) {
    out.string(topic);
    out.int32(answered.length);
    for (const one of answered) {
      out.int32(one.partition);
      out.int16(one.errorCode);
      out.int64(one.highWatermark);
      out.int64(one.lastStableOffset);
      out.int64(0); // where the log begins
      out.int32(one.abortedTransactions.length);
      for (const { producerId, firstOffset } of one.abortedTransactions) {
        out.bytes(int64(producerId));
        out.int64(firstOffset);
      }
      out.int32(-1); // a better replica
      out.int32(one.records.length);
      out.bytes(one.records);
    }
  }
  return out.view();
}

function int64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return bytes;
}
