// Columns computed from others (hot path), as `derive` and `map` declare them: by a function of a row, or of whole columns.
import { defined } from '../core/definition.ts';
import type { Batch, Column, DictColumn } from '../core/batch.ts';
import { parseRead } from '../core/columns.ts';
import { Dictionary, NULL_CODE } from '../core/dictionary.ts';
import { DICTIONARY_SIZE_MAX } from '../core/limits.ts';
import { FailedRowsOutput } from './failed-rows.ts';
import {
  functionProblems,
  inputColumns,
  inputReads,
  rowFunction,
  thrownMessage,
  type AnyFunction,
  type FailedRows,
  type Input,
  type InputReads,
  type InputValues,
  type TextInput,
} from './row-function.ts';
import type { StageContext } from './stage.ts';

/**
 * A column computed from others.
 * @typeParam Reads the columns that it reads: 'amount: number'
 */
export interface DerivedColumn<
  Reads extends string = string,
  Kind extends 'number' | 'string' = 'number' | 'string',
> {
  readonly kind: Kind;
  readonly reads: readonly Reads[];
  /**
   * Opens it for one partition: the result computes the column for the live rows of a batch, and adds to `failed` those
   * for which it cannot.
   * @param where it stands, for errors
   */
  open(where: string): (batch: Batch, failed: FailedRows) => Column;
}

/**
 * A number column, by a function of a row: NaN is null. The function is pure and total: it may be called more than once for
 * a row, and for rows that an earlier stage refuses; of string columns alone it is called once for each combination of
 * values.
 * @example numberFrom(['amount', 'limit'], (amount, limit) => amount / limit)
 */
export function numberFrom<const I extends readonly Input[]>(
  inputs: I,
  call: (...values: InputValues<I>) => number,
): DerivedColumn<InputReads<I[number]>, 'number'> {
  const open = rowFunction(inputs, call as AnyFunction); // InputValues says what it takes
  const column: DerivedColumn<InputReads<I[number]>, 'number'> = {
    kind: 'number',
    reads: inputReads(inputs),
    open(where) {
      const rows = open(where);
      return (batch, failed) => {
        const values = new Float64Array(batch.size);
        rows.fill(batch, values, failed);
        return { kind: 'number', values };
      };
    },
  };
  return defined(column, { given: {}, problems: functionProblems(inputs, call) });
}

/**
 * A string column, by a function of a row: null is null. The function is pure and total, as that of `numberFrom`.
 * @example stringFrom([text('origin'), text('dest')], (origin, dest) => `${origin}-${dest}`)
 */
export function stringFrom<const I extends readonly Input[]>(
  inputs: I,
  call: (...values: InputValues<I>) => string | null,
): DerivedColumn<InputReads<I[number]>, 'string'> {
  const open = rowFunction(inputs, call as AnyFunction); // InputValues says what it takes
  const column: DerivedColumn<InputReads<I[number]>, 'string'> = {
    kind: 'string',
    reads: inputReads(inputs),
    open(where) {
      const rows = open(where);
      const strings: unknown[] = [];
      let dictionary = new Dictionary();
      return (batch, failed) => {
        if (dictionary.size > DICTIONARY_SIZE_MAX) dictionary = new Dictionary();
        rows.fill(batch, strings, failed);
        return encoded(strings, dictionary, batch, (row, value) =>
          failed.set(row, `${where}: a function returned a ${typeof value} where a string or null belongs`),
        );
      };
    },
  };
  return defined(column, { given: {}, problems: functionProblems(inputs, call) });
}

/** @param values by row; null and undefined are null, and all but strings is for `otherwise` */
function encoded(
  values: readonly unknown[],
  dictionary: Dictionary,
  batch: Batch,
  otherwise: (row: number, value: unknown) => void,
): DictColumn {
  const codes = new Int32Array(batch.size).fill(NULL_CODE);
  for (let i = 0; i < batch.rows.length; i++) {
    const row = batch.rows[i] as number;
    const value = values[row];
    if (typeof value === 'string') codes[row] = dictionary.encode(value);
    else if (value !== null && value !== undefined) otherwise(row, value);
  }
  return { kind: 'string', codes, dictionary };
}

/** What a function of whole columns takes: values with NaN for null, or codes with their dictionary. */
export type InputArrays<I extends readonly Input[]> = {
  readonly [K in keyof I]: I[K] extends TextInput ? DictColumn : Float64Array;
};

/**
 * A number column, by a function of whole columns, for what a function of a row is too slow for: it sets `into[row]` for
 * each of `rows`, and modifies nothing else. `into` begins as NaN.
 * @example
 * numbersFrom(['amount'], (into, rows, amount) => {
 *   for (const row of rows) into[row] = Math.log1p(amount[row]);
 * })
 */
export function numbersFrom<const I extends readonly Input[]>(
  inputs: I,
  fill: (into: Float64Array, rows: Int32Array, ...columns: InputArrays<I>) => void,
): DerivedColumn<InputReads<I[number]>, 'number'> {
  const column: DerivedColumn<InputReads<I[number]>, 'number'> = {
    kind: 'number',
    reads: inputReads(inputs),
    open: (where) => (batch, failed) => {
      const values = new Float64Array(batch.size).fill(Number.NaN);
      const columns = inputColumns(inputs, batch, where).map((column) =>
        column.kind === 'number' ? column.values : column,
      );
      const arrays = columns as unknown as InputArrays<I>; // inputColumns has checked the kinds
      try {
        fill(values, batch.rows, ...arrays);
      } catch {
        fillSingly(
          values,
          batch.rows,
          (row) => fill(values, row, ...arrays),
          (row, error) => failed.set(row, thrownMessage(where, error)),
        );
      }
      return { kind: 'number', values };
    },
  };
  return defined(column, { given: {}, problems: functionProblems(inputs, fill) });
}

/** Each row by itself, so that one for which the function throws does not take the others with it. */
function fillSingly(
  values: Float64Array,
  rows: Int32Array,
  fill: (row: Int32Array) => void,
  threw: (row: number, error: unknown) => void,
): void {
  for (const row of rows) {
    try {
      fill(Int32Array.of(row));
    } catch (error) {
      values[row] = Number.NaN;
      threw(row, error);
    }
  }
}

/** The names of the columns that a derived column reads. */
export function inputNames({ reads }: DerivedColumn): string[] {
  return reads.map((read) => parseRead(read).column);
}

interface OpenColumn {
  readonly name: string;
  readonly inputs: readonly string[];
  readonly compute: (batch: Batch, failed: FailedRows) => Column;
}

/** Columns that were computed, and the rows for which one could not be. */
interface Computed {
  readonly columns: Readonly<Record<string, Column>>;
  readonly failed: FailedRows;
}

/**
 * Computes columns of a batch together. What a preview has computed serves the batch itself if it arrives with the same
 * rows and input columns: stages in between may have dropped rows, and add none.
 */
export class DerivedColumns {
  readonly #columns: readonly OpenColumn[];
  readonly #inputs: readonly string[];
  readonly #failed: FailedRowsOutput;
  /** What identifies the batch that was previewed: its offsets, and its input columns. */
  #offsets: Float64Array | null = null;
  #previewed: ReadonlyArray<Column | undefined> = [];
  #results: Computed = { columns: {}, failed: new Map() };

  constructor(columns: Readonly<Record<string, DerivedColumn>>, context: StageContext) {
    this.#failed = new FailedRowsOutput(context);
    this.#columns = Object.entries(columns).map(([name, column]) => ({
      name,
      inputs: inputNames(column),
      compute: column.open(`stage ${context.stage}, column ${name}`),
    }));
    this.#inputs = [...new Set(this.#columns.flatMap(({ inputs }) => inputs))];
  }

  /** With those of the columns whose inputs are there. */
  preview(batch: Batch): Batch {
    if (!this.#isPreviewed(batch)) {
      const { columns } = batch;
      this.#results = compute(
        this.#columns.filter(({ inputs }) => inputs.every((name) => columns[name] !== undefined)),
        batch,
      );
      this.#offsets = batch.offsets;
      this.#previewed = this.#inputs.map((name) => columns[name]);
    }
    return { ...batch, columns: { ...batch.columns, ...this.#results.columns } };
  }

  batch(batch: Batch): Batch {
    const { columns, failed } = this.#isPreviewed(batch) ? this.#results : compute(this.#columns, batch);
    return this.#failed.without({ ...batch, columns: { ...batch.columns, ...columns } }, failed);
  }

  #isPreviewed({ columns, offsets }: Batch): boolean {
    if (offsets !== this.#offsets) return false;
    return this.#previewed.every(
      (column, i) => column !== undefined && column === columns[this.#inputs[i] as string],
    );
  }
}

/** Each of the columns as they were before the stage. */
function compute(columns: readonly OpenColumn[], batch: Batch): Computed {
  const failed: FailedRows = new Map();
  const computed = columns.map(({ name, compute }) => [name, compute(batch, failed)] as const);
  return { columns: Object.fromEntries(computed), failed };
}
