// The newest predictions of one partition (hot path, once a block), for clients that resume.
import { RESUME_ROWS_MAX } from '../../core/limits.ts';
import type { TopicPartition } from '../../core/topic-partition.ts';
import type { PredictionRows } from './frames.ts';

/** A block as it was delivered, its rows from `from` on. */
export interface DeliveredBlock {
  /** Grows with every block of the topology: the order of delivery across partitions. */
  readonly sequence: number;
  readonly rows: PredictionRows;
  /** Rows before it had been delivered earlier. */
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
  /** The newest offset delivered since it last forgot. */
  #delivered = -1;
  #generation = 0;
  /** The newest that was out when a task last began. */
  #begunBehind = -1;

  constructor(origin: TopicPartition, rowsMax: number = RESUME_ROWS_MAX) {
    this.origin = origin;
    this.#rowsMax = rowsMax;
  }

  /** Every prediction of this partition from this offset on is held; null before the first block. */
  get floor(): number | null {
    return this.#floor;
  }

  /** Whoever gets the live stream has everything up to this offset, whoever made it; -1 for nothing. */
  get reached(): number {
    return Math.max(this.#begunBehind, this.#delivered);
  }

  /** How often it forgot. */
  get generation(): number {
    return this.#generation;
  }

  /** The first offset delivered here, held or not; null before the first block. */
  get begin(): number | null {
    return this.#begin;
  }

  /** Index of the first row that was not delivered before: `rows.count` where all of them were. */
  firstNew(rows: PredictionRows): number {
    let from = 0;
    while (from < rows.count && (rows.offsets[from] as number) <= this.#delivered) from++;
    return from;
  }

  /** Keeps a block and lets the oldest go. O(1) amortised: it holds on to the block's arrays and copies none. */
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
   * A task begins, behind what is out: predictions up to `through`. What is held is forgotten: another process may have
   * had the partition meanwhile, and what was not committed is delivered again, to those who lack it.
   */
  begins(through: number | null): void {
    this.#begunBehind = through ?? -1;
    this.#generation += 1;
    this.#delivered = -1;
    this.#blocks = [];
    this.#head = 0;
    this.#rows = 0;
    this.#floor = null;
    this.#begin = null;
  }

  /** The first held block with a row above `offset`, and that row; null where there is none. */
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

  /** Sequence of the held block that delivered this offset; null where none did. */
  sequenceOf(offset: number): number | null {
    if (this.#floor === null || offset < this.#floor) return null;
    const block = this.after(offset - 1);
    return block !== null && block.rows.offsets[block.from] === offset ? block.sequence : null;
  }

  /** The newest offset delivered when that block of the topology was. */
  offsetAt(sequence: number): number {
    let offset = this.#floor === null ? this.#through : this.#floor - 1;
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
