// The record batches of one partition that wait to be sent, in order (hot path).
import { PRODUCE_BATCH_BYTES_MAX } from '../../../core/limits.ts';
import type { TopicPartition } from '../../../core/topic-partition.ts';
import type { LogRecord, RecordBlock } from '../../../ports/event-log.ts';
import type { ByteWriter } from './byte-writer.ts';
import { RecordBatch, type BatchProducer } from './record-batch.ts';

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

  constructor(target: TopicPartition) {
    this.target = target;
  }

  get isEmpty(): boolean {
    return this.#full.length === 0 && this.#open === null;
  }

  append(record: LogRecord): void {
    this.#roomy().append(record);
  }

  appendBlock(block: RecordBlock): void {
    const header = block.header === undefined ? null : Buffer.from(block.header.name);
    for (let row = 0; row < block.keys.length; row++) this.#roomy().appendRow(block, row, header);
  }

  #roomy(): RecordBatch {
    if (this.#open !== null && this.#open.bytes >= PRODUCE_BATCH_BYTES_MAX) {
      this.#full.push(this.#open);
      this.#open = null;
    }
    return (this.#open ??= new RecordBatch(this.#spares.pop()));
  }

  /** The first batch; the same one until `sent` is called. There must be one. */
  next(producer: Pick<BatchProducer, 'producerId' | 'producerEpoch'>): Buffer {
    if (this.#full.length === 0 && this.#open !== null) {
      this.#full.push(this.#open);
      this.#open = null;
    }
    const first = this.#full[0];
    if (first === undefined) throw new RangeError('there is no batch');
    return first.finish({ ...producer, sequence: this.#sequence, isTransactional: true });
  }

  /** The first batch is acknowledged. */
  sent(): void {
    const first = this.#full.shift();
    if (first === undefined) return;
    this.#sequence = (this.#sequence + first.count) % SEQUENCES;
    if (this.#spares.length < SPARES_MAX) this.#spares.push(first.memory);
  }
}
