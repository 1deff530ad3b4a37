// A column that is a key, or a part of one, as strings (hot path). A string column is it already; the numbers of another get
// the text that JSON has for them, so that a key is the same whatever format its events have.
import type { Batch, DictColumn, NumberColumn } from '../core/batch.ts';
import { Dictionary, NULL_CODE } from '../core/dictionary.ts';
import { invariant } from '../core/errors.ts';
import { instantOfIso } from '../core/instant.ts';
import { DICTIONARY_SIZE_MAX } from '../core/event-limits.ts';

/**
 * The key of a number as people write it: `25.0` is `25`, `true` is `1`, an ISO instant its milliseconds; null for no number.
 */
export function keyOfNumber(text: string): string | null {
  if (text === 'true' || text === 'false') return text === 'true' ? '1' : '0';
  const value = /^\s*$/.test(text) ? Number.NaN : Number(text);
  const key = Number.isNaN(value) ? instantOfIso(text) : value;
  return Number.isFinite(key) ? String(key) : null;
}

export class KeyColumn {
  readonly name: string;
  /** The column of numbers that was last asked for, and its strings: several parts of a stage ask for those of one batch. */
  #numbers: NumberColumn | null = null;
  #texts: DictColumn | null = null;
  #dictionary = new Dictionary();
  /** By number: its code. */
  #codes = new Map<number, number>();

  constructor(name: string) {
    this.name = name;
  }

  /** The column of a batch: `25`, `0.1`, `1e+21`; a boolean is `0` or `1`, an instant its milliseconds since 1970. */
  of({ columns, size }: Batch): DictColumn {
    const column = columns[this.name];
    invariant(column !== undefined && column.kind !== 'list', `the batch has the key column ${this.name}`);
    if (column.kind === 'string') return column;
    if (this.#numbers !== column || this.#texts === null) {
      this.#numbers = column;
      this.#texts = this.#textsOf(column, size);
    }
    return this.#texts;
  }

  #textsOf({ values }: NumberColumn, size: number): DictColumn {
    // All codes of a batch share a dictionary.
    if (this.#codes.size >= DICTIONARY_SIZE_MAX) {
      this.#dictionary = new Dictionary();
      this.#codes = new Map();
    }
    const codes = new Int32Array(size);
    for (let row = 0; row < size; row++) {
      const value = values[row] as number;
      codes[row] = value === value ? (this.#codes.get(value) ?? this.#add(value)) : NULL_CODE;
    }
    return { kind: 'string', codes, dictionary: this.#dictionary };
  }

  #add(value: number): number {
    const code = this.#dictionary.encode(String(value));
    this.#codes.set(value, code);
    return code;
  }
}
