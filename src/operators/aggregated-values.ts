// The values that aggregates take from a column of a batch (hot path): numbers as they are, strings as hashes that do
// not depend on the dictionary that encodes them.
import type { Batch, DictColumn } from '../core/batch.ts';
import { NULL_CODE, type Dictionary } from '../core/dictionary.ts';
import { invariant } from '../core/errors.ts';
import { stringHash } from '../core/string-hash.ts';
import type { ValueColumn } from '../window/view-inputs.ts';

export class AggregatedValues {
  readonly #column: ValueColumn;
  /** Hash of each code, for as long as the dictionary stays the same. */
  #dictionary: Dictionary | null = null;
  #hashes: number[] = [];
  #values = new Float64Array(0);

  constructor(column: ValueColumn) {
    this.#column = column;
  }

  /** The values of a batch by row, NaN where null; valid until the next batch. */
  of(batch: Batch): Float64Array {
    const { name, input } = this.#column;
    const column = batch.columns[name];
    invariant(column !== undefined && (input === 'any' || column.kind === input), `${name} is a ${input}`);
    return column.kind === 'number' ? column.values : this.#hashed(column, batch);
  }

  #hashed({ codes, dictionary }: DictColumn, { rows, size }: Batch): Float64Array {
    if (this.#dictionary !== dictionary) {
      this.#dictionary = dictionary;
      this.#hashes = [];
    }
    if (this.#values.length < size) this.#values = new Float64Array(size);
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i] as number;
      this.#values[row] = this.#hashOf(codes[row] as number, dictionary);
    }
    return this.#values;
  }

  #hashOf(code: number, dictionary: Dictionary): number {
    if (code === NULL_CODE) return Number.NaN;
    return (this.#hashes[code] ??= stringHash(dictionary.decode(code) as string));
  }
}
