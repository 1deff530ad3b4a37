// Hands over what the parts of a topology have exchanged in a backfill (control path): the topic of a hop, from which its state
// is rebuilt if a store loses it, and the data keys of the front, by which it names entities.
import { SEED_BYTES_MAX, SEED_ROWS_MAX } from '../../core/backfill-limits.ts';
import type { RawBatch } from '../../core/batch.ts';
import type { TopicPartition } from '../../core/topic-partition.ts';
import { partitionName } from '../../core/topic-partition.ts';
import type { EventLog, RecordWriter } from '../../ports/event-log.ts';

/** Deletes what an earlier try of the same seed has written. */
export async function dropSeededRows(live: EventLog, { topic, partition }: TopicPartition): Promise<void> {
  const end = await endOf(live, topic, partition);
  if (end > 0) await live.deleteRecords(topic, partition, end);
}

/**
 * Writes the records of a partition to the same one of the live log, in its order.
 * @returns where the partition of the live log ends then
 */
export async function seedRows(own: EventLog, live: EventLog, place: TopicPartition): Promise<number> {
  const { topic, partition } = place;
  const { low = 0, high = 0 } = (await own.offsets(topic))[partition] ?? {};
  if (low < high) {
    const writer = await live.recordWriter(`${partitionName(place)}.seed`);
    try {
      await copy(own.read(topic, partition, low, high), topic, writer);
    } finally {
      await writer.close();
    }
  }
  return endOf(live, topic, partition);
}

/** Where a partition ends; 0 if the log lacks it. */
export async function endOf(log: EventLog, topic: string, partition: number): Promise<number> {
  return (await log.ends(topic))[partition]?.end ?? 0;
}

async function copy(records: AsyncIterable<RawBatch>, topic: string, writer: RecordWriter): Promise<void> {
  let [rows, bytes] = [0, 0];
  for await (const { origin, count, timestampMs, keys, values } of records) {
    if (count === 0) continue;
    writer.append(topic, { partition: origin.partition, timestampMs, keys, values });
    rows += count;
    bytes += keys.byteLength + values.byteLength;
    if (rows < SEED_ROWS_MAX && bytes < SEED_BYTES_MAX) continue;
    await writer.commitRecords();
    [rows, bytes] = [0, 0];
  }
  if (rows > 0) await writer.commitRecords();
}
