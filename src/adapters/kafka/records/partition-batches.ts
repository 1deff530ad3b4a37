// The record batches of one partition that wait to be sent, in order (hot path).
import { PRODUCE_BATCH_BYTES_MAX } from '../../../core/log-limits.ts';
import type { TopicPartition } from '../../../core/topic-partition.ts';
import type { LogRecord, RecordBlock } from '../../../ports/event-log.ts';
import type { ByteWriter } from './byte-writer.ts';
import { ANY_TIME, RecordBatch, type BatchProducer, type RecordTimes } from './record-batch.ts';

/** Sequence numbers wrap around after 2^31 - 1. */
const SEQUENCES = 0x8000_0000;
/** Buffers of acknowledged batches that are kept for the next ones. */
const SPARES_MAX = 2;

export class PartitionBatches {
  readonly target: TopicPartition;
  readonly #full: RecordBatch[] = [];
  #open: RecordBatch | null = null;
  /** Sequence number of the first record that is not acknowledged. */
  #sequence = 0;
  readonly #spares: ByteWriter[] = [];
  #batchBytesMax = Number.POSITIVE_INFINITY;
  #fullBytes = PRODUCE_BATCH_BYTES_MAX;
  #times: RecordTimes = ANY_TIME;

  constructor(target: TopicPartition) {
    this.target = target;
  }

  get isEmpty(): boolean {
    return this.#full.length === 0 && this.#open === null;
  }

  /** For what is appended from now on. Times outside of these are replaced by the nearest that the topic accepts. */
  bound(batchBytesMax: number, { earliestMs, latestMs }: RecordTimes): void {
    this.#batchBytesMax = batchBytesMax;
    this.#fullBytes = Math.min(batchBytesMax, PRODUCE_BATCH_BYTES_MAX);
    this.#times = { earliestMs: Math.ceil(earliestMs), latestMs: Math.floor(latestMs) };
    if (this.#open !== null) this.#open.times = this.#times;
  }

  append(record: LogRecord): void {
    const open = this.#roomy();
    open.append(record);
    if (this.#overflows(open)) this.#roomy().append(record);
  }

  appendBlock(block: RecordBlock): void {
    const header = block.header === undefined ? null : Buffer.from(block.header.name);
    for (let row = 0; row < block.keys.length; row++) {
      const open = this.#roomy();
      open.appendRow(block, row, header);
      if (this.#overflows(open)) this.#roomy().appendRow(block, row, header);
    }
  }

  /** Whether the newest record made the batch too large for the topic; it is then closed without that record. */
  #overflows(open: RecordBatch): boolean {
    if (open.bytes <= this.#batchBytesMax || open.count === 1) return false;
    open.removeNewest();
    this.#full.push(open);
    this.#open = null;
    return true;
  }

  #roomy(): RecordBatch {
    if (this.#open !== null && this.#open.bytes >= this.#fullBytes) {
      this.#full.push(this.#open);
      this.#open = null;
    }
    return (this.#open ??= this.#empty());
  }

  #empty(): RecordBatch {
    const batch = new RecordBatch(this.#spares.pop());
    batch.times = this.#times;
    return batch;
  }

  /** The size of the first batch; 0 if there is none. */
  get nextBytes(): number {
    return (this.#full[0] ?? this.#open)?.bytes ?? 0;
  }

  /** The first batch; the same one until `sent` is called. There must be one. */
  next(producer: Pick<BatchProducer, 'producerId' | 'producerEpoch'>): {
    readonly bytes: Buffer;
    readonly count: number;
  } {
    if (this.#full.length === 0 && this.#open !== null) {
      this.#full.push(this.#open);
      this.#open = null;
    }
    const first = this.#full[0];
    if (first === undefined) throw new RangeError('there is no batch');
    const bytes = first.finish({ ...producer, sequence: this.#sequence, isTransactional: true });
    return { bytes, count: first.count };
  }

  /** The first batch is acknowledged. */
  sent(): void {
    const first = this.#full.shift();
    if (first === undefined) return;
    this.#sequence = (this.#sequence + first.count) % SEQUENCES;
    if (this.#spares.length < SPARES_MAX) this.#spares.push(first.memory);
  }
}
