// Entity keys of rows (hot path): one or several columns as one string. The string of a combination is built
// once while the dictionaries stay the same; a row then costs one look-up per column.
import type { Batch, DictColumn } from '../core/batch.ts';
import { NULL_CODE, type Dictionary } from '../core/dictionary.ts';
import { joinKey } from './joined-key.ts';
import { KeyColumn } from './key-column.ts';

/** No key: one of its columns is null. */
export const NO_KEY = -1;

export class EntityKeys {
  readonly #columns: readonly KeyColumn[];
  #dictionaries: Dictionary[] = [];
  #codes: Int32Array[] = [];
  /** For each column after the first: from the id of the columns before it and its code to the next id. */
  #links: Array<Map<number, number>[]> = [];
  /** The string of each full key, by id. */
  #names: string[] = [];
  #prefixCounts: number[] = [];
  #firstIds: Int32Array = new Int32Array(0);
  /** Grows whenever ids start again from 0: caches by id are then void. */
  generation = 0;

  constructor(columns: readonly string[]) {
    this.#columns = columns.map((column) => new KeyColumn(column));
  }

  /** Prepares for a batch; ids stay valid while its dictionaries are those of the batch before. */
  bind(batch: Batch): void {
    this.bindColumns(this.#columns.map((column) => column.of(batch)));
  }

  /** The same with the columns themselves, in the order of their names. */
  bindColumns(columns: readonly DictColumn[]): void {
    let same = this.#dictionaries.length > 0;
    for (let i = 0; i < columns.length; i++) {
      const column = columns[i] as DictColumn;
      if (this.#dictionaries[i] !== column.dictionary) same = false;
      this.#dictionaries[i] = column.dictionary;
      this.#codes[i] = column.codes;
    }
    if (same) return;
    this.#links = this.#columns.slice(1).map(() => []);
    this.#prefixCounts = this.#columns.map(() => 0);
    this.#names = [];
    this.#firstIds = new Int32Array(0);
    this.generation += 1;
  }

  /** The key's id, dense from 0, or NO_KEY. */
  idOf(row: number): number {
    const first = (this.#codes[0] as Int32Array)[row] as number;
    if (first === NULL_CODE) return NO_KEY;
    let id = this.#firstId(first, row);
    for (let level = 0; level < this.#links.length; level++) {
      const code = (this.#codes[level + 1] as Int32Array)[row] as number;
      if (code === NULL_CODE) return NO_KEY;
      const links = this.#links[level] as Map<number, number>[];
      const link = (links[id] ??= new Map<number, number>());
      let next = link.get(code);
      if (next === undefined) {
        next = this.#newId(level + 1, row);
        link.set(code, next);
      }
      id = next;
    }
    return id;
  }

  #firstId(code: number, row: number): number {
    if (code >= this.#firstIds.length) {
      const grown = new Int32Array(Math.max(64, code * 2)).fill(NO_KEY);
      grown.set(this.#firstIds);
      this.#firstIds = grown;
    }
    const known = this.#firstIds[code] as number;
    if (known !== NO_KEY) return known;
    return (this.#firstIds[code] = this.#newId(0, row));
  }

  #newId(level: number, row: number): number {
    const id = (this.#prefixCounts[level] as number)++;
    if (level === this.#columns.length - 1) {
      this.#names[id] = joinKey(
        this.#dictionaries.map(
          (dictionary, i) => dictionary.decode((this.#codes[i] as Int32Array)[row] as number) as string,
        ),
      );
    }
    return id;
  }

  /** The string of an id that `idOf` returned since the last change of generation. */
  nameOf(id: number): string {
    return this.#names[id] as string;
  }
}
