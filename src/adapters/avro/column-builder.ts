// The columns that one batch is decoded into (hot path): allocated once a batch, written row by row.
import type { Column } from '../../core/batch.ts';
import { Dictionary, NULL_CODE } from '../../core/dictionary.ts';
import { DICTIONARY_IDS_SIZE_MAX, DICTIONARY_SIZE_MAX } from '../../core/limits.ts';
import { ByteDictionary } from './byte-dictionary.ts';
import { OP_ENUM, type FieldPlan } from './column-plan.ts';

/** The dictionaries of one subject's columns: shared between batches until they are full. */
export class ColumnDictionaries {
  /** One a field; null for number columns and enums. */
  readonly strings: Array<ByteDictionary | null>;
  /** One a field; null for all but enums. Codes are the reader's symbol positions. */
  readonly enums: ReadonlyArray<Dictionary | null>;

  constructor(fields: readonly FieldPlan[]) {
    this.strings = fields.map((field) =>
      field.spec.kind === 'string' && field.op !== OP_ENUM ? new ByteDictionary() : null,
    );
    this.enums = fields.map((field) => {
      if (field.op !== OP_ENUM) return null;
      const dictionary = new Dictionary();
      for (const symbol of field.symbols) dictionary.encode(symbol);
      return dictionary;
    });
  }

  /** Begins new dictionaries where old ones are full. Call before a batch of `rows`: its codes share a dictionary. */
  renew(rows: number): void {
    for (let i = 0; i < this.strings.length; i++) {
      let strings = this.strings[i] ?? null;
      if (strings === null) continue;
      if (isFull(strings)) this.strings[i] = strings = new ByteDictionary(strings.size);
      strings.rows += rows;
    }
  }
}

/** A column of ever-new ids gains nothing from old ones, and a small dictionary stays in the processor's cache. */
function isFull({ size, rows }: ByteDictionary): boolean {
  return size >= DICTIONARY_SIZE_MAX || (size >= DICTIONARY_IDS_SIZE_MAX && size * 2 > rows);
}

/** Column arrays of `capacity` rows; those of the other kind are empty. Indexed by field. */
export class ColumnBuilder {
  readonly numbers: Float64Array[] = [];
  readonly codes: Int32Array[] = [];
  readonly dictionaries: ColumnDictionaries;

  constructor(fields: readonly FieldPlan[], capacity: number, dictionaries: ColumnDictionaries) {
    dictionaries.renew(capacity);
    this.dictionaries = dictionaries;
    // Two allocations a batch instead of one a column: the collector counts buffers.
    const numberCount = fields.filter((field) => field.spec.kind === 'number').length;
    const numbers = new Float64Array(numberCount * capacity);
    const codes = new Int32Array((fields.length - numberCount) * capacity);
    let numbersUsed = 0;
    let codesUsed = 0;
    for (const field of fields) {
      const isNumber = field.spec.kind === 'number';
      this.numbers.push(numbers.subarray(numbersUsed, (numbersUsed += isNumber ? capacity : 0)));
      this.codes.push(codes.subarray(codesUsed, (codesUsed += isNumber ? 0 : capacity)));
    }
  }

  setNull(field: number, row: number): void {
    if ((this.codes[field] as Int32Array).length > 0) (this.codes[field] as Int32Array)[row] = NULL_CODE;
    else (this.numbers[field] as Float64Array)[row] = Number.NaN;
  }

  /** The first `size` rows as columns. */
  columns(fields: readonly FieldPlan[], size: number): Record<string, Column> {
    const columns: Record<string, Column> = {};
    for (const [i, field] of fields.entries()) {
      const dictionary = this.dictionaries.strings[i] ?? this.dictionaries.enums[i];
      columns[field.name] = dictionary
        ? { kind: 'string', codes: cut(this.codes[i] as Int32Array, size), dictionary }
        : { kind: 'number', values: cut(this.numbers[i] as Float64Array, size) };
    }
    return columns;
  }
}

function cut<T extends Float64Array | Int32Array>(array: T, size: number): T {
  return array.length === size ? array : (array.subarray(0, size) as T); // subarray keeps the array's own type
}
