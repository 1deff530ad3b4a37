// What a backfill reads of one partition (control path).
import type { RawBatch } from '../../core/batch.ts';
import { emptyFetch } from '../../core/empty-batch.ts';
import type { TopicPartition } from '../../core/topic-partition.ts';

export interface BackfillInput {
  readonly partition: number;
  /** Offset of the first record. */
  readonly from: number;
  /** No record has this offset or a later one. */
  readonly to: number;
  /** Records from an offset on, in the order of their offsets; the last batch ends where the partition's input does. */
  read(from: number): AsyncIterable<RawBatch>;
}

/** Records [from, to) of a partition, of which the last batch ends at `to`, whether or not a record is there. */
export function rangeInput(
  origin: TopicPartition,
  from: number,
  to: number,
  read: (from: number, to: number) => AsyncIterable<RawBatch>,
): BackfillInput {
  const { topic, partition } = origin;
  return {
    partition,
    from,
    to,
    async *read(begin): AsyncGenerator<RawBatch> {
      const highWatermark = to + 1; // a partition that lags is never idle, so the clock does not advance its watermark
      if (begin < to) for await (const raw of read(begin, to)) yield { ...raw, highWatermark };
      if (to > 0) yield { ...emptyFetch({ topic, partition }, to), highWatermark };
    },
  };
}
