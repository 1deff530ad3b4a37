// Columns computed by expressions (hot path), as `derive` and `map` declare them.
import type { Batch, Column } from '../core/batch.ts';
import { parseRead } from '../core/columns.ts';
import { invariant } from '../core/errors.ts';
import type { Evaluate, Expression, FailedRows } from '../core/expression.ts';
import { FailedRowsOutput } from './failed-rows.ts';
import type { StageContext } from './stage.ts';

/** The names of the columns that an expression reads. */
export function inputNames({ reads }: Expression): string[] {
  return reads.map((read) => parseRead(read).column);
}

interface OpenColumn {
  readonly name: string;
  readonly inputs: readonly string[];
  readonly evaluate: Evaluate;
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

  constructor(columns: Readonly<Record<string, Expression>>, context: StageContext) {
    this.#failed = new FailedRowsOutput(context);
    this.#columns = Object.entries(columns).map(([name, column]) => ({
      name,
      inputs: inputNames(column),
      evaluate: column.open(`stage ${context.stage}, column ${name}`),
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
  const computed = columns.map(
    ({ name, evaluate }) => [name, kept(evaluate(batch, failed), batch.size)] as const,
  );
  return { columns: Object.fromEntries(computed), failed };
}

/** A copy: an expression uses its arrays again for the next batch, and a batch keeps its columns. */
function kept(column: Column, size: number): Column {
  invariant(column.kind !== 'list', 'no expression gives a list');
  return column.kind === 'number'
    ? { kind: 'number', values: column.values.slice(0, size) }
    : { ...column, codes: column.codes.slice(0, size) };
}
