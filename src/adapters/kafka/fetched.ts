// A fetch response as records (hot path): what a read_committed reader may see, in typed arrays.
import type { RawBatch } from '../../core/batch.ts';
import type { TopicPartition } from '../../core/topic-partition.ts';

/** What kafkajs decodes for one partition (its types say `any`). 64-bit numbers are decimal strings. */
export interface FetchedPartition {
  readonly partition: number;
  readonly highWatermark: string;
  readonly lastStableOffset: string;
  readonly abortedTransactions: ReadonlyArray<{
    readonly producerId: string;
    readonly firstOffset: string;
  }> | null;
  readonly messages: readonly FetchedMessage[];
}

interface FetchedMessage {
  readonly offset: string;
  readonly timestamp: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly isControlRecord: boolean;
  readonly batchContext: {
    readonly firstOffset: string;
    readonly lastOffsetDelta: number;
    readonly producerId: string;
    readonly inTransaction: boolean;
  };
}

export interface FetchResponse {
  readonly responses: ReadonlyArray<{
    readonly topicName: string;
    readonly partitions: readonly FetchedPartition[];
  }>;
}

/**
 * Records from `from` on, aborted ones and transaction markers left out; null where the response moved nothing on.
 * `offsetNext` passes over what was left out. Source: Kafka's protocol guide, "Control batches", and the Java
 * client's CompletedFetch: aborted transactions are taken by ascending first offset, in which the broker need not
 * send them.
 */
export function rawBatchOf(origin: TopicPartition, fetched: FetchedPartition, from: number): RawBatch | null {
  const { messages } = fetched;
  const last = messages.at(-1);
  if (last === undefined) return null;
  const offsetNext = Number(last.batchContext.firstOffset) + last.batchContext.lastOffsetDelta + 1;
  if (offsetNext <= from) return null;
  const offsets = new Float64Array(messages.length);
  const timestampMs = new Float64Array(messages.length);
  const keys: Array<Buffer | null> = [];
  const values: Array<Buffer | null> = [];
  const aborted = new AbortedTransactions(fetched.abortedTransactions ?? []);
  let count = 0;
  for (const message of messages) {
    const offset = Number(message.offset);
    const { producerId, inTransaction } = message.batchContext;
    if (message.isControlRecord) {
      aborted.ended(producerId, offset);
      continue;
    }
    if (offset < from || (inTransaction && aborted.holds(producerId, offset))) continue;
    offsets[count] = offset;
    timestampMs[count] = Number(message.timestamp);
    count++;
    keys.push(message.key);
    values.push(message.value);
  }
  return {
    origin,
    count,
    offsets: count === offsets.length ? offsets : offsets.subarray(0, count),
    timestampMs: count === timestampMs.length ? timestampMs : timestampMs.subarray(0, count),
    keys,
    values,
    offsetNext,
    highWatermark: Number(fetched.highWatermark),
    receivedAtMs: performance.now(),
  };
}

/** Which producers are inside an aborted transaction, as offsets ascend. */
class AbortedTransactions {
  readonly #coming: Array<{ readonly producerId: string; readonly firstOffset: number }>;
  readonly #open = new Set<string>();
  #next = 0;

  constructor(transactions: NonNullable<FetchedPartition['abortedTransactions']>) {
    this.#coming = transactions.map(({ producerId, firstOffset }) => ({
      producerId,
      firstOffset: Number(firstOffset),
    }));
    this.#coming.sort((a, b) => a.firstOffset - b.firstOffset);
  }

  holds(producerId: string, offset: number): boolean {
    this.#advance(offset);
    return this.#open.has(producerId);
  }

  /** A transaction marker, of a commit or an abort: what the producer writes next is another transaction. */
  ended(producerId: string, offset: number): void {
    this.#advance(offset);
    this.#open.delete(producerId);
  }

  #advance(offset: number): void {
    for (let one = this.#coming[this.#next]; one !== undefined && one.firstOffset <= offset;) {
      this.#open.add(one.producerId);
      this.#next++;
      one = this.#coming[this.#next];
    }
  }
}
