// The contract of a drift statistic (control path): what a topology's `drift.statistics` lists.
import { sortForKs } from './drift-reference.ts';
import { psiCount, type PsiBins } from './psi-bins.ts';

/** A column of the training set, as far as the model keeps it: of a feature, or of the model's score. */
export interface ReferenceColumn extends PsiBins {
  /** Feature name, or `score`. */
  readonly name: string;
  /** Rows of the training set. */
  readonly rowCount: number;
  /**
   * Numeric: an ascending sample of the values, at most 2,000, all finite: a missing value is the lowest float32, -Infinity
   * the one above it, Infinity the greatest. Categorical: empty, as the shares say everything.
   */
  readonly sample: readonly number[];
}

/** What a statistic says about one window of one column. */
export interface DriftMeasure {
  /** How large the shift is. NaN if it cannot be said; the column has then not drifted. */
  readonly value: number;
  /** The value above which a shift counts as large; null if only the p-value decides. */
  readonly threshold: number | null;
  /** Chance of such a value, or a larger one, if nothing has drifted; null if only the threshold decides. */
  readonly pValue: number | null;
}

/**
 * A drift statistic: compares a window of scored rows with the training set, column by column. A column has drifted if
 * its value exceeds the threshold and its p-value, adjusted over the features (Benjamini-Hochberg), is at most
 * `falseDiscoveryRate`; of the two, a statistic gives one or both. It is a pure function of its arguments: every engine
 * of a fleet computes it for itself.
 */
export interface DriftStatistic {
  /** Lower-case letters, digits and underscores: the `detector` of its drift reports. */
  readonly name: string;
  /** The kinds of columns that it applies to; others have no report of it. */
  readonly kinds: ReadonlyArray<'numeric' | 'categorical'>;
  /** Prepares for a column when a model becomes champion; returns what measures each window from then on. */
  fit(reference: ReferenceColumn): (window: WindowColumn) => DriftMeasure;
}

/**
 * The current window of one column, valid while it is measured. What statistics have in common is computed once, when it
 * is first used.
 */
export class WindowColumn {
  /** In the order of the events of each partition; NaN if missing; may be infinite. Not to be modified. */
  readonly values: Float32Array;
  readonly #bins: PsiBins;
  #counts: Float64Array | null = null;
  #sorted: Float32Array | null = null;

  constructor(values: Float32Array, bins: PsiBins) {
    this.values = values;
    this.#bins = bins;
  }

  /** Rows in each of the reference's bins, as its `shares` has them. */
  get counts(): Float64Array {
    if (this.#counts === null) {
      this.#counts = new Float64Array(this.#bins.shares.length);
      psiCount(this.#bins, this.values, this.#counts);
    }
    return this.#counts;
  }

  /** The values ascending and finite; missing values and the infinities as in the reference's sample. */
  get sorted(): Float32Array {
    if (this.#sorted === null) {
      this.#sorted = this.values.slice();
      sortForKs(this.#sorted);
    }
    return this.#sorted;
  }
}
