// Finds the rows of a table for batches (hot path): a key is looked up once for each string of a dictionary.
import type { Batch, Column, DictColumn } from '../batch.ts';
import type { Dictionary } from '../dictionary.ts';
import type { VersionedRows } from './versioned-rows.ts';

const UNKNOWN = -2;

/** Of one reader: batches come with one dictionary after the other. */
export class TableLookup {
  readonly #rows: () => VersionedRows;
  #store: VersionedRows | null = null;
  #dictionary: Dictionary | null = null;
  /** By code of the dictionary: the key's slot, -1 for none, -2 if it was not looked up yet. */
  #slots = new Int32Array(0);
  /** Keys that the table had when these were looked up. */
  #keys = 0;

  /** @param rows what the table has now */
  constructor(rows: () => VersionedRows) {
    this.#rows = rows;
  }

  find(
    { codes, dictionary }: DictColumn,
    { rows, size, eventTimeMs }: Pick<Batch, 'rows' | 'size' | 'eventTimeMs'>,
  ): { readonly at: Int32Array; column(name: string): Column } {
    const store = this.#rows();
    this.#enter(store, dictionary);
    const slots = this.#slots;
    const at = new Int32Array(size);
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i] as number;
      const code = codes[row] as number;
      let slot = code < 0 ? -1 : (slots[code] as number);
      if (slot === UNKNOWN) slots[code] = slot = store.keys.find(dictionary.decode(code) as string);
      at[row] = slot < 0 ? -1 : store.find(slot, eventTimeMs[row] as number);
    }
    return { at, column: (name) => store.gather(name, at, rows, size) };
  }

  #enter(store: VersionedRows, dictionary: Dictionary): void {
    const known = this.#slots.length;
    if (store !== this.#store || dictionary !== this.#dictionary) {
      this.#slots.fill(UNKNOWN);
      this.#store = store;
      this.#dictionary = dictionary;
    } else if (store.keys.size !== this.#keys) {
      // What the table did not have may be there now.
      const slots = this.#slots;
      for (let code = 0; code < known; code++) if ((slots[code] as number) < 0) slots[code] = UNKNOWN;
    }
    this.#keys = store.keys.size;
    if (dictionary.size <= known) return;
    const slots = new Int32Array(Math.max(dictionary.size, 2 * known)).fill(UNKNOWN);
    slots.set(this.#slots);
    this.#slots = slots;
  }
}
