// The values that aggregates take from a column of a batch (hot path): numbers as they are, strings as hashes that do
// not depend on the dictionary that encodes them.
import type { Batch, ScalarColumn } from '../core/batch.ts';
import { NULL_CODE, type Dictionary } from '../core/dictionary.ts';
import { invariant } from '../core/errors.ts';
import { stringHash } from '../core/string-hash.ts';
import type { ListRanges, ValueColumn } from '../window/view-inputs.ts';

export class AggregatedValues {
  readonly #column: ValueColumn;
  /** Hash of each code, for as long as the dictionary stays the same. */
  #dictionary: Dictionary | null = null;
  #hashes: number[] = [];
  #values = new Float64Array(0);

  constructor(column: ValueColumn) {
    this.#column = column;
  }

  /** The values of a batch, NaN where null; valid until the next batch. */
  of({ columns, rows, size }: Batch): Float64Array {
    const { name, input } = this.#column;
    const column = columns[name];
    invariant(column !== undefined, `there is a column ${name}`);
    if (column.kind !== 'list') return this.#valuesOf(column, input, rows, size);
    const { items } = column;
    return this.#valuesOf(
      items,
      input,
      null,
      items.kind === 'number' ? items.values.length : items.codes.length,
    );
  }

  /** Where the lists of a batch are among the values; null for a column without lists. */
  rangesOf({ columns }: Batch): ListRanges | null {
    const column = columns[this.#column.name];
    return column?.kind === 'list' ? column : null;
  }

  /** @param rows those that are read; null for all */
  #valuesOf(
    column: ScalarColumn,
    input: ValueColumn['input'],
    rows: Int32Array | null,
    size: number,
  ): Float64Array {
    invariant(input === 'any' || column.kind === input, `${this.#column.name} is a ${input}`);
    if (column.kind === 'number') return column.values;
    const { codes, dictionary } = column;
    if (this.#dictionary !== dictionary) {
      this.#dictionary = dictionary;
      this.#hashes = [];
    }
    if (this.#values.length < size) this.#values = new Float64Array(size);
    const count = rows === null ? size : rows.length;
    for (let i = 0; i < count; i++) {
      const row = rows === null ? i : (rows[i] as number);
      this.#values[row] = this.#hashOf(codes[row] as number, dictionary);
    }
    return this.#values;
  }

  #hashOf(code: number, dictionary: Dictionary): number {
    if (code === NULL_CODE) return Number.NaN;
    return (this.#hashes[code] ??= stringHash(dictionary.decode(code) as string));
  }
}
