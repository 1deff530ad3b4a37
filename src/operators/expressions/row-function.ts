// A function of a row's values (hot path): one call per row, on typed arrays, without an object per row.
import type { Column, DictColumn, ScalarColumn } from '../../core/batch.ts';
import { NULL_CODE } from '../../core/dictionary.ts';
import { invariant, messageOf } from '../../core/errors.ts';
import type { Evaluate, ExpressionRows, FailedRows } from '../../core/expression.ts';
import { DICTIONARY_SIZE_MAX } from '../../core/event-limits.ts';
import { EntityKeys, NO_KEY } from '../entity-keys.ts';

type Values = ArrayLike<unknown>;
/** A typed array with a place for each row; the function's type says what its results are. */
interface Target {
  [row: number]: unknown;
}
/** Called with as many values as it has inputs. */
export type AnyFunction = (...values: unknown[]) => unknown;

/** The message of a failed row. */
export function thrownMessage(where: string, error: unknown): string {
  return `${where}: a function threw: ${messageOf(error)}`;
}

/** What a row function is made of, for every partition that it is opened for. */
export interface RowFunctionParts {
  /** By input: whether it is a string. */
  readonly isText: readonly boolean[];
  /** Takes a number (NaN for null) or a string or null for each input. */
  readonly call: AnyFunction;
  readonly loop: Loop;
}

/**
 * A function of rows, opened for one partition. A function of string columns alone is called once for each combination
 * of values, for as long as the dictionaries last.
 */
export class RowFunction {
  readonly #inputs: readonly Evaluate[];
  readonly #call: AnyFunction;
  readonly #where: string;
  /** Strings of the text inputs by row, used again for each batch. */
  readonly #texts: Array<Array<string | null>>;
  readonly #isTextOnly: boolean;
  readonly #loop: Loop;
  #keys: EntityKeys;
  #results: unknown[] = [];
  #generation = 0;

  constructor(inputs: readonly Evaluate[], { isText, call, loop }: RowFunctionParts, where: string) {
    this.#inputs = inputs;
    this.#call = call;
    this.#loop = loop;
    this.#where = where;
    this.#texts = inputs.map(() => []);
    this.#isTextOnly = inputs.length > 0 && isText.every(Boolean);
    this.#keys = this.#newKeys();
  }

  #newKeys(): EntityKeys {
    return new EntityKeys(this.#inputs.map((_, i) => `input ${i}`));
  }

  /** Sets `target[row]` for each live row; for one that the function throws for, to undefined. */
  fill(batch: ExpressionRows, target: Target, failed: FailedRows): void {
    const columns = this.#inputs.map((evaluate) => scalar(evaluate(batch, failed)));
    try {
      if (this.#isTextOnly) this.#fillByCombination(batch, columns as DictColumn[], target);
      else this.#loop(this.#call, this.#valuesOf(columns, batch.rows), batch.rows, target);
    } catch {
      // The function, not the loop: each row is tried by itself, so that one does not take the others with it.
      this.#fillSingly(columns, batch.rows, target, failed);
    }
  }

  #fillSingly(columns: readonly ScalarColumn[], rows: Int32Array, target: Target, failed: FailedRows): void {
    for (const row of rows) {
      const values = columns.map((column) =>
        column.kind === 'number' ? column.values[row] : textAt(column, row),
      );
      try {
        target[row] = this.#call(...values);
      } catch (error) {
        target[row] = undefined;
        failed.set(row, thrownMessage(this.#where, error));
      }
    }
  }

  #valuesOf(columns: readonly ScalarColumn[], rows: Int32Array): Values[] {
    return columns.map((column, input) => {
      if (column.kind === 'number') return column.values;
      const texts = this.#texts[input] as Array<string | null>;
      for (let i = 0; i < rows.length; i++) {
        const row = rows[i] as number;
        texts[row] = textAt(column, row);
      }
      return texts;
    });
  }

  #fillByCombination(batch: ExpressionRows, columns: readonly DictColumn[], target: Target): void {
    if (this.#results.length > DICTIONARY_SIZE_MAX) this.#keys = this.#newKeys();
    this.#keys.bindColumns(columns);
    // New keys have new ids: what was computed for the old ones is void.
    if (this.#generation !== this.#keys.generation || this.#results.length > DICTIONARY_SIZE_MAX) {
      this.#generation = this.#keys.generation;
      this.#results = [];
    }
    const results = this.#results;
    const { rows } = batch;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i] as number;
      const id = this.#keys.idOf(row);
      let result = id === NO_KEY ? undefined : results[id];
      if (result === undefined) {
        result = this.#call(...columns.map((column) => textAt(column, row)));
        if (id !== NO_KEY) results[id] = result;
      }
      target[row] = result;
    }
  }
}

function scalar(column: Column): ScalarColumn {
  invariant(column.kind !== 'list', 'an operand is no list');
  return column;
}

function textAt({ codes, dictionary }: DictColumn, row: number): string | null {
  const code = codes[row] as number;
  return code === NULL_CODE ? null : (dictionary.decode(code) as string);
}

export type Loop = (call: AnyFunction, inputs: readonly Values[], rows: Int32Array, target: Target) => void;

let loops = 0;

/**
 * A loop over rows for so many inputs, generated for one function of one stage: in a loop that functions share, V8 knows
 * neither the types of the arrays nor the function, and a row costs ten times as much. The comment makes each text its
 * own, as V8 shares what it knows between equal texts.
 */
export function rowLoop(inputs: number): Loop {
  const each = Array.from({ length: inputs }, (_, i) => i);
  const body = `// ${++loops}
    ${each.map((i) => `const v${i} = inputs[${i}];`).join(' ')}
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i];
      target[row] = call(${each.map((i) => `v${i}[row]`).join(', ')});
    }`;
  // oxlint-disable-next-line typescript/no-implied-eval -- the text depends on two counts alone
  return new Function('call', 'inputs', 'rows', 'target', body) as Loop;
}
