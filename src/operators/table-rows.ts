// The rows of a table that a stage finds for its batches (hot path).
import type { Batch, Column, DictColumn } from '../core/batch.ts';
import { invariant } from '../core/errors.ts';
import type { FoundRows, Table, TableReader } from '../ports/table.ts';
import { KeyColumn } from './key-column.ts';
import type { EngineStageContext } from './stage.ts';

/**
 * What the preview of a batch has found is what the batch gets, also if the table has changed meanwhile: other stages have
 * read their state by it.
 */
export class TableRows {
  readonly #key: KeyColumn;
  readonly #table: string;
  readonly #tables: EngineStageContext['tables'];
  #reader: TableReader | null = null;
  /** What identifies the batch that was looked up last. */
  #offsets: Float64Array | null = null;
  #column: Column | undefined;
  #found: FoundRows | null = null;

  /** @param key column of the events */
  constructor({ name }: Pick<Table, 'name'>, key: string, { tables }: Pick<EngineStageContext, 'tables'>) {
    this.#key = new KeyColumn(key);
    this.#table = name;
    this.#tables = tables;
  }

  /** Null if the batch does not have its key yet. The same object for a batch that was looked up before. */
  of(batch: Batch): FoundRows | null {
    const column = batch.columns[this.#key.name];
    if (column === undefined) return null;
    if (this.#found !== null && batch.offsets === this.#offsets && column === this.#column)
      return this.#found;
    this.#reader ??= this.#open();
    this.#found = this.#reader.find(this.#key.of(batch), batch);
    this.#offsets = batch.offsets;
    this.#column = column;
    return this.#found;
  }

  keys(batch: Batch): DictColumn {
    return this.#key.of(batch);
  }

  #open(): TableReader {
    invariant(this.#tables !== undefined, 'a task that processes events has the tables of its topology');
    return this.#tables.reader(this.#table);
  }
}
