// Selecting rows of a batch (hot path).
import type { Batch } from '../core/batch.ts';

/** The same batch with fewer live rows. */
export function withRows(batch: Batch, rows: Int32Array): Batch {
  return { ...batch, rows };
}

/**
 * Collects the rows to keep while a stage loops over a batch, and returns the batch itself if none was dropped.
 */
export class RowFilter {
  #kept = new Int32Array(0);
  #count = 0;

  begin(batch: Batch): void {
    if (this.#kept.length < batch.rows.length) this.#kept = new Int32Array(batch.rows.length);
    this.#count = 0;
  }

  keep(row: number): void {
    this.#kept[this.#count++] = row;
  }

  end(batch: Batch): Batch {
    if (this.#count === batch.rows.length) return batch;
    return withRows(batch, this.#kept.slice(0, this.#count));
  }
}

/** The same batch without the live rows of erased entities. */
export function withoutErased(batch: Batch): Batch {
  const { erased, rows } = batch;
  return erased === undefined
    ? batch
    : withRows(
        batch,
        rows.filter((row) => erased[row] !== 1),
      );
}
