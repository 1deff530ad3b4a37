// Features computed from the others of their vector (hot path).
import type { Column } from '../core/batch.ts';
import type { Evaluate, Expression, ExpressionRows, FailedRows } from '../core/expression.ts';
import { inputNames } from './derived-column.ts';

/** Expressions over features, by name; each reads features that are not derived. */
export type DerivedFeaturesByName = Readonly<Record<string, Expression>>;

interface OpenFeature {
  readonly at: number;
  readonly evaluate: Evaluate;
}

interface Gathered {
  readonly name: string;
  readonly at: number;
  values: Float64Array;
}

export class DerivedFeatures {
  readonly #width: number;
  readonly #features: readonly OpenFeature[];
  /** The features that are read, as columns: arrays that are used again for each batch. */
  readonly #inputs: readonly Gathered[];
  #rows = new Int32Array(0);

  /** @param names of all features, in the order of the vector */
  constructor(derived: DerivedFeaturesByName, names: readonly string[], where: string) {
    this.#width = names.length;
    this.#features = Object.entries(derived).map(([name, expression]) => ({
      at: names.indexOf(name),
      evaluate: expression.open(`${where}, feature ${name}`),
    }));
    this.#inputs = [...new Set(Object.values(derived).flatMap((expression) => inputNames(expression)))].map(
      (name) => ({ name, at: names.indexOf(name), values: new Float64Array(0) }),
    );
  }

  /**
   * Sets what is derived in the vectors, row-major, from what is there.
   * @param failed gets the rows of the matrix for which a function threw: the feature is missing
   */
  compute(vectors: Float32Array, rowCount: number, failed: FailedRows): void {
    if (this.#features.length === 0 || rowCount === 0) return;
    const rows = this.#gather(vectors, rowCount);
    for (const { at, evaluate } of this.#features) {
      const column = evaluate(rows, failed);
      if (column.kind === 'number') scatter(column.values, vectors, { at, width: this.#width, rowCount });
    }
  }

  #gather(vectors: Float32Array, rowCount: number): ExpressionRows {
    if (this.#rows.length < rowCount) this.#rows = Int32Array.from({ length: rowCount }, (_, row) => row);
    const columns: Record<string, Column> = {};
    for (const input of this.#inputs) {
      if (input.values.length < rowCount) input.values = new Float64Array(rowCount);
      const { values, at } = input;
      for (let row = 0, from = at; row < rowCount; row++, from += this.#width)
        values[row] = vectors[from] as number;
      columns[input.name] = { kind: 'number', values };
    }
    return { size: rowCount, rows: this.#rows.subarray(0, rowCount), columns };
  }
}

interface Place {
  readonly at: number;
  readonly width: number;
  readonly rowCount: number;
}

function scatter(values: Float64Array, vectors: Float32Array, { at, width, rowCount }: Place): void {
  for (let row = 0, to = at; row < rowCount; row++, to += width) vectors[to] = values[row] as number;
}
