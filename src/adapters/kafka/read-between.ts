// Reads one partition from one offset to another (control path): pauses between batches for back-pressure.
import type { RawBatch, UnreadableRows } from '../../core/batch.ts';
import type { TopicPartition } from '../../core/topic-partition.ts';
import type { Fetcher } from './fetcher.ts';
import { PartitionReader } from './partition-reader.ts';

/**
 * Batches of [from, to). Ends at `to`, or at the end of the committed records: it does not wait for an open transaction
 * before `to`.
 */
export async function* readBetween(
  fetcher: Fetcher,
  origin: TopicPartition,
  from: number,
  to: number,
  header: string | null = null,
): AsyncGenerator<RawBatch> {
  if (from >= to) return;
  const reader = new PartitionReader(fetcher, origin, from, null, header);
  let changed = Promise.withResolvers<void>();
  let batch: RawBatch | null = null;
  let ended = false;
  let failure: { readonly error: unknown } | null = null;
  const subscription = reader
    .records((lastStableOffset) => {
      if (reader.position >= lastStableOffset) ended = true;
      changed.resolve();
    })
    .subscribe({
      next: (next) => {
        reader.pause();
        batch = next;
        changed.resolve();
      },
      error: (error: unknown) => {
        failure = { error };
        changed.resolve();
      },
      complete: () => {
        ended = true;
        changed.resolve();
      },
    });
  try {
    for (;;) {
      await changed.promise;
      changed = Promise.withResolvers<void>();
      const state = take();
      if (state.failure !== null) throw state.failure.error;
      if (state.batch !== null) {
        const part = upTo(state.batch, to);
        if (part.count > 0) yield part;
        if (state.batch.offsetNext >= to) return;
        reader.resume();
      } else if (state.ended) return;
    }
  } finally {
    subscription.unsubscribe();
  }

  function take(): { batch: RawBatch | null; ended: boolean; failure: { readonly error: unknown } | null } {
    const taken = { batch, ended, failure };
    batch = null;
    return taken;
  }
}

/** The records of a batch before offset `to`. */
function upTo(batch: RawBatch, to: number): RawBatch {
  if (batch.offsetNext <= to) return batch;
  let count = batch.count;
  while (count > 0 && (batch.offsets[count - 1] as number) >= to) count--;
  return {
    ...batch,
    count,
    offsets: batch.offsets.subarray(0, count),
    timestampMs: batch.timestampMs.subarray(0, count),
    keys: batch.keys.slice(0, count),
    values: batch.values.slice(0, count),
    ...(batch.header === undefined ? {} : { header: batch.header.slice(0, count) }),
    ...(batch.unreadable === undefined ? {} : { unreadable: rowsBefore(count, batch.unreadable) }),
    offsetNext: to,
  };
}

function rowsBefore(count: number, ranges: readonly UnreadableRows[]): readonly UnreadableRows[] {
  return ranges.filter(({ from }) => from < count).map((rows) => ({ ...rows, to: Math.min(rows.to, count) }));
}
