// What the aggregates of a view read from a batch (control path declares it, once a batch binds it): the masks of their
// predicates and the values of their columns.
import type { ListColumn } from '../core/batch.ts';
import type { AggregateInput } from './aggregate.ts';
import { predicateKey, type Predicate } from './predicate.ts';

export interface ValueColumn {
  readonly name: string;
  readonly input: Exclude<AggregateInput, 'none'>;
}

/** Where the list of each row begins and ends among the values of a column of lists. */
export type ListRanges = Pick<ListColumn, 'starts' | 'ends'>;

/** The rows of a batch that a predicate selects, or one of several; changes with every batch. */
export interface RowMask {
  /** 1 for the rows that are selected. */
  mask: Uint8Array;
}

/** Values and mask of one group of accumulators; changes with every batch. */
export interface BatchInput extends RowMask {
  /** By row, or by the position of a list's item; NaN where null. Not read by aggregates of events. */
  values: Float64Array;
  /** Hashes of the buckets, NaN where null. Read by aggregates with buckets alone. */
  buckets: Float64Array;
  /** By row, of a column of lists: where its list begins and ends in `values`. */
  starts: Int32Array;
  ends: Int32Array;
}

const NONE = new Uint8Array(0);
const NO_VALUES = new Float64Array(0);
const NO_LISTS = new Int32Array(0);
const NO_RANGES: ListRanges = { starts: NO_LISTS, ends: NO_LISTS };

interface Binding {
  readonly input: BatchInput;
  readonly predicate: number;
  /** Index of the column; -1 where events are aggregated. */
  readonly column: number;
  /** Index of the column of the buckets; -1 where there are none. */
  readonly bucket: number;
}

interface Union {
  readonly rows: RowMask;
  readonly predicates: readonly number[];
  /** Used again for each batch, where there are several predicates. */
  own: Uint8Array;
}

export class ViewInputs {
  readonly predicates: Predicate[] = [];
  readonly columns: ValueColumn[] = [];
  readonly #predicateKeys: string[] = [];
  readonly #bindings: Binding[] = [];
  readonly #unions: Union[] = [];

  /**
   * An input for the rows that `where` selects; `column` null where it is the events that are aggregated.
   * @param bucketBy the string column of their buckets
   */
  add(where: Predicate, column: ValueColumn | null, bucketBy: string | null = null): BatchInput {
    const input: BatchInput = {
      mask: NONE,
      values: NO_VALUES,
      buckets: NO_VALUES,
      starts: NO_LISTS,
      ends: NO_LISTS,
    };
    this.#bindings.push({
      input,
      predicate: this.#predicate(where),
      column: column === null ? -1 : this.#column(column),
      bucket: bucketBy === null ? -1 : this.#column({ name: bucketBy, input: 'string' }),
    });
    return input;
  }

  /** The rows that any of the predicates selects. */
  anyOf(predicates: readonly Predicate[]): RowMask {
    const wanted = [...new Set(predicates.map((where) => this.#predicate(where)))].toSorted((a, b) => a - b);
    const known = this.#unions.find((union) => union.predicates.join() === wanted.join());
    if (known !== undefined) return known.rows;
    const rows: RowMask = { mask: NONE };
    this.#unions.push({ rows, predicates: wanted, own: NONE });
    return rows;
  }

  #predicate(where: Predicate): number {
    const key = predicateKey(where);
    const known = this.#predicateKeys.indexOf(key);
    if (known >= 0) return known;
    this.#predicateKeys.push(key);
    return this.predicates.push(where) - 1;
  }

  #column(column: ValueColumn): number {
    const known = this.columns.findIndex(({ name, input }) => name === column.name && input === column.input);
    return known >= 0 ? known : this.columns.push(column) - 1;
  }

  /**
   * Prepares for a batch.
   * @param masks one array for each of `predicates`
   * @param values one array for each of `columns`
   * @param ranges one for each of `columns` that is of lists
   */
  bind(
    masks: readonly Uint8Array[],
    values: readonly Float64Array[],
    ranges: ReadonlyArray<ListRanges | null> = [],
  ): void {
    for (const { input, predicate, column, bucket } of this.#bindings) {
      input.mask = masks[predicate] as Uint8Array;
      if (bucket >= 0) input.buckets = values[bucket] as Float64Array;
      if (column < 0) continue;
      input.values = values[column] as Float64Array;
      const { starts, ends } = ranges[column] ?? NO_RANGES;
      input.starts = starts;
      input.ends = ends;
    }
    for (const union of this.#unions) bindUnion(union, masks);
  }
}

function bindUnion(union: Union, masks: readonly Uint8Array[]): void {
  const [first = NONE, ...others] = union.predicates.map((predicate) => masks[predicate] as Uint8Array);
  if (others.length === 0) {
    union.rows.mask = first;
    return;
  }
  if (union.own.length < first.length) union.own = new Uint8Array(first.length);
  const { own } = union;
  own.set(first);
  for (const mask of others) {
    for (let row = 0; row < mask.length; row++) own[row] = (own[row] as number) | (mask[row] as number);
  }
  union.rows.mask = own;
}
