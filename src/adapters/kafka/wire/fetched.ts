// A fetched partition as records (hot path): those that a read_committed reader may see, in typed arrays.
import type { RawBatch } from '../../../core/batch.ts';
import type { TopicPartition } from '../../../core/topic-partition.ts';
import type { AbortedTransaction, FetchedPartition } from './fetch-request.ts';
import { columnsOf } from '../records/record-columns.ts';
import { batchesOf, type StoredBatch } from '../records/record-set.ts';

/**
 * Records from `from` on, without aborted ones and transaction markers; null if the response does not reach past `from`.
 * `offsetNext` counts what was left out. Keys and values are views of the response, and keep it in memory.
 * @throws LOG_FAILED for batches that cannot be read
 */
export function rawBatchOf(
  origin: TopicPartition,
  { records, abortedTransactions, highWatermark }: FetchedPartition,
  from: number,
): RawBatch | null {
  const batches = batchesOf(origin, records);
  const last = batches.at(-1);
  if (last === undefined || last.lastOffset < from) return null;
  const visible = committedOf(batches, abortedTransactions).filter(({ lastOffset }) => lastOffset >= from);
  return {
    origin,
    ...columnsOf(origin, visible, from),
    offsetNext: last.lastOffset + 1,
    highWatermark,
    receivedAtMs: performance.now(),
  };
}

/**
 * Batches without those of aborted transactions, and without markers: a batch belongs to one producer and to one
 * transaction. Source: Kafka's protocol guide, "Control batches", and the Java client's CompletedFetch, which takes
 * aborted transactions by ascending first offset: the broker need not send them in this order.
 */
function committedOf(
  batches: readonly StoredBatch[],
  transactions: readonly AbortedTransaction[],
): StoredBatch[] {
  const coming = transactions.toSorted((a, b) => a.firstOffset - b.firstOffset);
  const aborted = new Set<bigint>();
  let next = 0;
  return batches.filter(({ producerId, lastOffset, isControl, isTransactional }) => {
    for (let one = coming[next]; one !== undefined && one.firstOffset <= lastOffset; one = coming[++next]) {
      aborted.add(one.producerId);
    }
    // A marker of a commit or an abort: the producer's next batch belongs to another transaction.
    if (isControl) aborted.delete(producerId);
    return !isControl && !(isTransactional && aborted.has(producerId));
  });
}
