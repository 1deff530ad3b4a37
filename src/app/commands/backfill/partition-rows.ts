// The rows of files that wait for the task of one partition in a backfill (control path): bounded, so that the reader of the
// files waits for the slowest.
import type { RawBatch } from '../../../core/batch.ts';
import { MillraceError } from '../../../core/errors.ts';
import { FILE_BATCHES_QUEUED } from '../../../core/backfill-limits.ts';
import type { BackfillInput } from '../../../runtime/backfill/backfill-input.ts';

export class PartitionRows implements BackfillInput {
  readonly partition: number;
  readonly from: number;
  readonly to: number;
  readonly #queue: RawBatch[] = [];
  #isEnded = false;
  #isOpen = false;
  /** Something has changed. */
  #changed = Promise.withResolvers<void>();

  /** @param from offset of the first row @param to no row has this offset */
  constructor(partition: number, from: number, to: number) {
    this.partition = partition;
    this.from = from;
    this.to = to;
  }

  /** Resolves when there is room for another one. */
  async add(raw: RawBatch): Promise<void> {
    this.#queue.push(raw);
    this.#wake();
    while (this.#queue.length >= FILE_BATCHES_QUEUED && !this.#isEnded) await this.#changed.promise;
  }

  /** There are no more rows, or none is needed any more. */
  end(): void {
    this.#isEnded = true;
    this.#wake();
  }

  async *read(): AsyncGenerator<RawBatch> {
    // The rows that a task had before it failed are gone.
    if (this.#isOpen)
      throw new MillraceError('DATA_INVALID', 'the rows of a file cannot be read a second time', {
        where: `partition ${this.partition}`,
        remedy: 'Run the backfill again: rows that are in the history are not written twice.',
      });
    this.#isOpen = true;
    for (;;) {
      const raw = this.#queue.shift();
      if (raw === undefined && this.#isEnded) return;
      if (raw === undefined) await this.#changed.promise;
      else {
        this.#wake();
        yield raw;
      }
    }
  }

  #wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }
}
