// The newest predictions of one partition (hot path, once per block), for clients that resume.
import { placeBefore } from '../../core/place.ts';
import { RESUME_ROWS_MAX } from '../../core/port-limits.ts';
import type { TopicPartition } from '../../core/topic-partition.ts';
import type { PredictionRows } from './frames.ts';

/** A delivered block: its rows from `from` on. */
export interface DeliveredBlock {
  /** Grows with every block of the topology: the order of delivery across partitions. */
  readonly sequence: number;
  readonly rows: PredictionRows;
  /** Rows before it were delivered earlier. */
  readonly from: number;
}

export class PartitionTail {
  readonly origin: TopicPartition;
  readonly #rowsMax: number;
  #blocks: DeliveredBlock[] = [];
  #head = 0;
  #rows = 0;
  #floor: number | null = null;
  #begin: number | null = null;
  #through = -1;
  /** The newest offset delivered since the last reset. */
  #delivered = -1;
  #generation = 0;
  /** The newest offset that was published when a task last started. */
  #publishedBefore = -1;

  constructor(origin: TopicPartition, rowsMax: number = RESUME_ROWS_MAX) {
    this.origin = origin;
    this.#rowsMax = rowsMax;
  }

  /** Every prediction of this partition from this offset on is in memory; null before the first block. */
  get floor(): number | null {
    return this.#floor;
  }

  /** Every subscriber of the live stream has all predictions up to this offset, from any process; -1 for none. */
  get reached(): number {
    return Math.max(this.#publishedBefore, this.#delivered);
  }

  /** Number of resets. */
  get generation(): number {
    return this.#generation;
  }

  /** The first offset delivered here since the last reset; null before the first block. */
  get begin(): number | null {
    return this.#begin;
  }

  /** Index of the first row that was not delivered before; `rows.count` if all were. */
  firstNew(rows: PredictionRows): number {
    let from = 0;
    while (from < rows.count && (rows.offsets[from] as number) <= this.#delivered) from++;
    return from;
  }

  /** Keeps a block and drops the oldest beyond the bound. O(1) amortised: it keeps the block's arrays without a copy. */
  push(block: DeliveredBlock): void {
    const { rows, from } = block;
    this.#begin ??= rows.offsets[from] as number;
    this.#floor ??= this.#begin;
    this.#delivered = rows.offsets[rows.count - 1] as number;
    this.#through = Math.max(this.#through, this.#delivered);
    this.#blocks.push(block);
    this.#rows += rows.count - from;
    while (this.#rows > this.#rowsMax && this.#head < this.#blocks.length - 1) {
      const oldest = this.#blocks[this.#head++] as DeliveredBlock;
      this.#rows -= oldest.rows.count - oldest.from;
      const next = this.#blocks[this.#head] as DeliveredBlock;
      this.#floor = next.rows.offsets[next.from] as number;
    }
    if (this.#head > this.#blocks.length / 2) {
      this.#blocks = this.#blocks.slice(this.#head);
      this.#head = 0;
    }
  }

  /**
   * A task starts; predictions up to `through` are published already. The blocks in memory are dropped: another process
   * may have owned the partition meanwhile, and predictions that were not committed are delivered again to subscribers
   * that lack them.
   */
  begins(through: number | null): void {
    this.#publishedBefore = through ?? -1;
    this.#generation += 1;
    this.#delivered = -1;
    this.#blocks = [];
    this.#head = 0;
    this.#rows = 0;
    this.#floor = null;
    this.#begin = null;
  }

  /** The first block in memory with a row above `offset`, and that row; null if there is none. */
  after(offset: number): DeliveredBlock | null {
    let low = this.#head;
    let high = this.#blocks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const { rows } = this.#blocks[middle] as DeliveredBlock;
      if ((rows.offsets[rows.count - 1] as number) <= offset) low = middle + 1;
      else high = middle;
    }
    const block = this.#blocks[low];
    if (block === undefined) return null;
    let from = block.from;
    while ((block.rows.offsets[from] as number) <= offset) from++;
    return { sequence: block.sequence, rows: block.rows, from };
  }

  /** Sequence of the block in memory that delivered this offset; null if there is none. */
  sequenceOf(offset: number): number | null {
    if (this.#floor === null || offset < this.#floor) return null;
    const block = this.after(placeBefore(offset));
    return block !== null && block.rows.offsets[block.from] === offset ? block.sequence : null;
  }

  /** The newest offset delivered by the time that the topology delivered this block. */
  offsetAt(sequence: number): number {
    let offset = this.#floor === null ? this.#through : placeBefore(this.#floor);
    for (let b = this.#head; b < this.#blocks.length; b++) {
      const { rows, sequence: at } = this.#blocks[b] as DeliveredBlock;
      if (at > sequence) break;
      offset = rows.offsets[rows.count - 1] as number;
    }
    return offset;
  }

  /** The newest offset delivered; -1 before the first. */
  get through(): number {
    return this.#through;
  }
}
