// A function of a row's columns (hot path): one call per row, on typed arrays, without an object per row.
import { shown, type OptionProblem } from '../core/option-checks.ts';
import type { Batch, Column, DictColumn } from '../core/batch.ts';
import { numberColumn, stringColumn, type NumberRead, type StringRead } from '../core/columns.ts';
import { NULL_CODE } from '../core/dictionary.ts';
import { messageOf, MillraceError } from '../core/errors.ts';
import { DICTIONARY_SIZE_MAX } from '../core/limits.ts';
import { EntityKeys, NO_KEY } from './entity-keys.ts';

/** A string column as an input; see `text`. */
export interface TextInput<C extends string = string> {
  readonly text: C;
}

/** A column that a function of a row takes: the name of a number column, or `text('name')` for a string column. */
export type Input = string | TextInput;

/** What a function is called with: a number, NaN for null, or a string or null. */
export type InputValues<I extends readonly Input[]> = {
  readonly [K in keyof I]: I[K] extends TextInput ? string | null : number;
};

/** The columns that inputs read. */
export type InputReads<I extends Input> =
  I extends TextInput<infer C> ? StringRead<C> : I extends string ? NumberRead<I> : never;

/**
 * A string column as the input of a function of rows.
 * @example stringFrom([text('origin'), text('dest')], (origin, dest) => `${origin}-${dest}`)
 */
export function text<const C extends string>(column: C): TextInput<C> {
  return { text: column };
}

/** What is wrong with the inputs of a function, or with the function. */
export function functionProblems(inputs: unknown, call: unknown): OptionProblem[] {
  const list: readonly unknown[] = Array.isArray(inputs) ? inputs : [];
  const strange = list.find((input) => !isInput(input));
  return [
    ...(list.length > 0 ? [] : [['', `${shown(inputs)} is no list of columns`] as const]),
    ...(strange === undefined
      ? []
      : [['', `${shown(strange)} is no name of a column, and no text('name')`] as const]),
    ...(typeof call === 'function' ? [] : [['', `${shown(call)} is no function`] as const]),
  ];
}

function isInput(input: unknown): input is Input {
  if (typeof input === 'string') return input.trim() !== '';
  return typeof input === 'object' && input !== null && 'text' in input && typeof input.text === 'string';
}

export function inputReads<I extends readonly Input[]>(inputs: I): Array<InputReads<I[number]>> {
  const list: readonly Input[] = Array.isArray(inputs) ? inputs.filter(isInput) : [];
  const reads = list.map((input) =>
    typeof input === 'string' ? numberColumn(input) : stringColumn(input.text),
  );
  return reads as Array<InputReads<I[number]>>; // input by input
}

type Values = ArrayLike<unknown>;
/** A typed array, or an array of strings, with a place for each row; the function's type says what its results are. */
interface Target {
  [row: number]: unknown;
}
/** Called with as many values as it has inputs. */
export type AnyFunction = (...values: unknown[]) => unknown;

/** The input columns of a batch. @throws MillraceError TOPOLOGY_INVALID if one is not there, or of another kind */
export function inputColumns(inputs: readonly Input[], batch: Batch, where: string): Column[] {
  return inputs.map((input) => {
    const [name, kind] = typeof input === 'string' ? [input, 'number'] : [input.text, 'string'];
    const column = batch.columns[name];
    if (column?.kind === kind) return column;
    throw new MillraceError('TOPOLOGY_INVALID', `there is no ${kind} column '${name}'`, { where });
  });
}

/** Rows for which a function of the topology threw, with where and why. */
export type FailedRows = Map<number, string>;

/** The message of a failed row. */
export function thrownMessage(where: string, error: unknown): string {
  return `${where}: a function threw: ${messageOf(error)}`;
}

/**
 * A function of rows, opened for one partition. A function of string columns alone is called once for each combination
 * of values, for as long as the dictionaries last.
 */
export class RowFunction {
  readonly #inputs: readonly Input[];
  readonly #call: AnyFunction;
  readonly #where: string;
  /** Strings of the text inputs by row, used again for each batch. */
  readonly #texts: Array<Array<string | null>>;
  readonly #isTextOnly: boolean;
  readonly #loop: Loop;
  #keys: EntityKeys;
  #results: unknown[] = [];
  #generation = 0;

  constructor(inputs: readonly Input[], call: AnyFunction, loop: Loop, where: string) {
    this.#inputs = inputs;
    this.#call = call;
    this.#loop = loop;
    this.#where = where;
    this.#texts = inputs.map(() => []);
    this.#isTextOnly = inputs.length > 0 && inputs.every((input) => typeof input !== 'string');
    this.#keys = this.#newKeys();
  }

  #newKeys(): EntityKeys {
    return new EntityKeys(this.#inputs.map((input) => (typeof input === 'string' ? input : input.text)));
  }

  /** Sets `target[row]` for each live row; for one that the function throws for, to undefined. */
  fill(batch: Batch, target: Target, failed: FailedRows): void {
    const columns = inputColumns(this.#inputs, batch, this.#where);
    try {
      if (this.#isTextOnly) this.#fillByCombination(batch, columns as DictColumn[], target);
      else this.#loop(this.#call, this.#valuesOf(columns, batch.rows), batch.rows, target);
    } catch {
      // The function, not the loop: each row is tried by itself, so that one does not take the others with it.
      this.#fillSingly(columns, batch.rows, target, failed);
    }
  }

  #fillSingly(columns: readonly Column[], rows: Int32Array, target: Target, failed: FailedRows): void {
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

  #valuesOf(columns: readonly Column[], rows: Int32Array): Values[] {
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

  #fillByCombination(batch: Batch, columns: readonly DictColumn[], target: Target): void {
    if (this.#results.length > DICTIONARY_SIZE_MAX) this.#keys = this.#newKeys();
    this.#keys.bind(batch);
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

/**
 * Declares a function of rows; the result opens it for one partition.
 * @param call takes the values that `inputs` say
 */
export function rowFunction(inputs: readonly Input[], call: AnyFunction): (where: string) => RowFunction {
  const loop = rowLoop(Array.isArray(inputs) ? inputs.length : 0); // what is no list is refused by the definition
  return (where) => new RowFunction(inputs, call, loop, where);
}

function textAt({ codes, dictionary }: DictColumn, row: number): string | null {
  const code = codes[row] as number;
  return code === NULL_CODE ? null : (dictionary.decode(code) as string);
}

type Loop = (call: AnyFunction, inputs: readonly Values[], rows: Int32Array, target: Target) => void;

let loops = 0;

/**
 * A loop over rows for so many inputs, generated for one function of one stage: in a loop that functions share, V8 knows
 * neither the types of the arrays nor the function, and a row costs ten times as much. The comment makes each text its
 * own, as V8 shares what it knows between equal texts.
 */
function rowLoop(inputs: number): Loop {
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
