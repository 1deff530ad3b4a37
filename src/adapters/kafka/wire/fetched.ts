// A fetched partition as records (hot path): those that a read_committed reader may see, in typed arrays.
import type { RawBatch } from '../../../core/batch.ts';
import type { TopicPartition } from '../../../core/topic-partition.ts';
import type { AbortedTransaction, FetchedPartition } from './fetch-request.ts';
import { columnsOf } from '../records/record-columns.ts';
import { batchesOf, brokenBatch } from '../records/record-set.ts';
import type { StoredBatch } from '../records/stored-batch.ts';

/**
 * Records from `from` on, without aborted ones and transaction markers; null if the response does not reach past `from`.
 * `offsetNext` counts what was left out. Keys and values are views of the response, and keep it in memory. Batches that
 * cannot be read are rows without bytes, named in `unreadable`; those that are damaged only on the last try.
 * @param isLastTry whether earlier fetches from `from` on returned nothing either
 * @param header the name of one that the reader asks for
 * @throws CONFIG_INVALID if a codec's package is missing
 */
export function rawBatchOf(
  origin: TopicPartition,
  { records, abortedTransactions, highWatermark }: FetchedPartition,
  from: number,
  isLastTry = false,
  header: string | null = null,
): RawBatch | null {
  const batches = soundOf(batchesOf(records), records, from, isLastTry ? highWatermark : null);
  const last = batches.at(-1);
  if (last === undefined || last.lastOffset < from) return null;
  const visible = committedOf(batches, abortedTransactions).filter(({ lastOffset }) => lastOffset >= from);
  const { unreadable, offsetNext, ...columns } = columnsOf(visible, from, header);
  const untransacted = untransactedOf(visible);
  return {
    origin,
    ...columns,
    offsetNext: offsetNext ?? last.lastOffset + 1,
    highWatermark,
    receivedAtMs: performance.now(),
    ...(unreadable === null ? {} : { unreadable }),
    ...(untransacted.length === 0 ? {} : { untransacted }),
  };
}

/** Offsets of the batches that belong to no transaction; adjacent ones are one range. */
function untransactedOf(batches: readonly StoredBatch[]): Array<[from: number, to: number]> {
  const ranges: Array<[from: number, to: number]> = [];
  let before: StoredBatch | null = null;
  for (const batch of batches) {
    const range = before?.isTransactional === false ? ranges.at(-1) : undefined;
    if (!batch.isTransactional && range !== undefined) range[1] = batch.lastOffset + 1;
    else if (!batch.isTransactional) ranges.push([batch.baseOffset, batch.lastOffset + 1]);
    before = batch;
  }
  return ranges;
}

/**
 * The batches before the first one that is damaged; that one alone, if it is the first, once a fetch is the last try.
 * @param highWatermark null unless it is the last try
 */
function soundOf(
  batches: readonly StoredBatch[],
  records: Buffer,
  from: number,
  highWatermark: number | null,
): readonly StoredBatch[] {
  const index = batches.findIndex(({ fault, lastOffset }) => fault?.mayPass === true && lastOffset >= from);
  const sound = index < 0 ? batches : batches.slice(0, index);
  if (highWatermark === null || (sound.at(-1)?.lastOffset ?? -1) >= from || records.length === 0)
    return sound;
  const broken = batches[index] ?? brokenBatch(records, 'is cut short');
  return [bounded(broken, from, highWatermark)];
}

/** A damaged batch with offsets that can be right: reading goes on after it. */
function bounded(batch: StoredBatch, from: number, highWatermark: number): StoredBatch {
  const end = Math.max(from, highWatermark - 1);
  const baseOffset = batch.baseOffset >= 0 && batch.baseOffset <= end ? batch.baseOffset : from;
  const claimed = Math.min(Math.max(batch.lastOffset, baseOffset), end);
  return { ...batch, baseOffset, lastOffset: Math.max(claimed, from), isControl: false };
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
