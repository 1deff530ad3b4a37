// The drift of one window (control path; 60 features x 5,000 rows take some 20 ms).
import { invariant, MillraceError } from '../core/errors.ts';
import type { DriftReference } from '../core/reports.ts';
import { adjustPValues } from './benjamini-hochberg.ts';
import { gatherColumn, referenceProblem } from './drift-reference.ts';
import {
  WindowColumn,
  type DriftMeasure,
  type DriftStatistic,
  type ReferenceColumn,
} from './drift-statistic.ts';

/** What one statistic, or `psi_ks`, says about one column. */
export interface ColumnDrift {
  /** Name of the feature; `score` for the model's score. */
  readonly feature: string;
  readonly role: 'feature' | 'score';
  readonly statistic: string;
  /** Rows of the window, missing values included. */
  readonly n: number;
  /** The population stability index, if it was measured. */
  readonly psi: number | null;
  /** The Kolmogorov-Smirnov distance, if it was measured. */
  readonly ks: number | null;
  /** The value of any other statistic. */
  readonly value: number | null;
  /** What the value, or the PSI, must exceed. */
  readonly threshold: number | null;
  /** Of `psi_ks`: of KS for a numeric column, of PSI for a categorical one. */
  readonly pValue: number | null;
  /** Adjusted over the features; the score is a family of its own. */
  readonly pAdjusted: number | null;
  readonly drifted: boolean;
}

/** The figures of a column before its p-value is adjusted. */
interface Figures extends Pick<ColumnDrift, 'psi' | 'ks' | 'value' | 'threshold' | 'pValue'> {
  /** Whether the threshold and the value allow that the column has drifted. */
  readonly isLarge: boolean;
}

type Measuring = (window: WindowColumn) => Figures;

/** Called with what a statistic threw for a column, which then has no report of it. */
export type StatisticFailed = (column: string, statistic: string, error: unknown) => void;

function rethrow(_column: string, _statistic: string, error: unknown): never {
  throw error;
}

/** Statistics that share a report. */
interface Family {
  readonly name: string;
  /** Null if it does not apply to the column. */
  fit(reference: ReferenceColumn): Measuring | null;
}

interface FittedColumn {
  readonly reference: ReferenceColumn;
  readonly measures: ReadonlyArray<Measuring | null>;
}

/** Compares windows with the training set of a champion. */
export class DriftComparison {
  readonly #families: readonly Family[];
  readonly #features: readonly FittedColumn[];
  readonly #score: FittedColumn;
  readonly #q: number;
  readonly #failed: StatisticFailed;

  /**
   * @param q false discovery rate over the features
   * @param failed by default a failure is thrown
   */
  constructor(
    reference: DriftReference,
    statistics: readonly DriftStatistic[],
    q: number,
    failed: StatisticFailed = rethrow,
  ) {
    this.#families = familiesOf(statistics);
    this.#failed = failed;
    const { rowCount } = reference;
    this.#features = reference.features.map((column) => this.#fit({ ...column, rowCount }));
    this.#score = this.#fit({ name: 'score', kind: 'numeric', rowCount, ...reference.score });
    this.#q = q;
  }

  #fit(reference: ReferenceColumn): FittedColumn {
    const problem = referenceProblem(reference);
    if (problem !== null) {
      const error = new MillraceError('MODEL_INVALID', `the drift reference is unusable: ${problem}`, {
        remedy: 'Train a model again: its reference replaces this one.',
      });
      this.#failed(reference.name, 'reference', error);
      return { reference, measures: this.#families.map(() => null) };
    }
    const fit = (family: Family): Measuring | null =>
      this.#guarded(reference.name, family.name, () => family.fit(reference));
    return { reference, measures: this.#families.map(fit) };
  }

  #guarded<T>(column: string, statistic: string, work: () => T): T | null {
    try {
      return work();
    } catch (error) {
      this.#failed(column, statistic, error);
      return null;
    }
  }

  #measured({ reference, measures }: FittedColumn, values: Float32Array): Array<Figures | null> {
    const window = new WindowColumn(values, reference);
    return measures.map((measure, f) =>
      measure === null
        ? null
        : this.#guarded(reference.name, this.#families[f]?.name ?? '', () => measure(window)),
    );
  }

  /** Features of a row. */
  get width(): number {
    return this.#features.length;
  }

  /**
   * What each statistic says about each column that it applies to: statistic by statistic, the features in the
   * reference's order, then the score.
   *
   * @param matrix row-major, rowCount x features, the columns in the reference's order
   * @param scores the model's scores of some of the rows; null if there are none
   */
  compare(matrix: Float32Array, rowCount: number, scores: Float32Array | null): ColumnDrift[] {
    const width = this.#features.length;
    invariant(matrix.length >= rowCount * width, "a drift window has the reference's columns");
    const values = new Float32Array(rowCount);
    const features = this.#features.map((column, i) => {
      gatherColumn(matrix, values, width, i);
      return this.#measured(column, values);
    });
    const score = scores === null ? null : this.#measured(this.#score, scores);
    return this.#families.flatMap(({ name }, f) => {
      const pValues = features.map((figures) => figures[f]?.pValue ?? Number.NaN);
      const adjusted = adjustPValues(pValues);
      const reports = this.#features.flatMap(({ reference }, i) => {
        const head = { feature: reference.name, role: 'feature', statistic: name, n: rowCount } as const;
        return judged(head, features[i]?.[f] ?? null, adjusted[i] as number, this.#q);
      });
      const figures = score?.[f] ?? null;
      const head = { feature: 'score', role: 'score', statistic: name, n: scores?.length ?? 0 } as const;
      return [...reports, ...judged(head, figures, figures?.pValue ?? Number.NaN, this.#q)];
    });
  }
}

/** The report of one column, or none if the statistic does not apply to it. */
function judged(
  head: Pick<ColumnDrift, 'feature' | 'role' | 'statistic' | 'n'>,
  figures: Figures | null,
  pAdjusted: number,
  q: number,
): ColumnDrift[] {
  if (figures === null) return [];
  const { isLarge, ...measured } = figures;
  const isSure = measured.pValue === null || pAdjusted <= q;
  return [
    {
      ...head,
      ...measured,
      pValue: measured.pValue === null ? null : finite(measured.pValue),
      pAdjusted: measured.pValue === null ? null : finite(pAdjusted),
      drifted: isLarge && isSure,
    },
  ];
}

/** `psi` and `ks` are one family: how large a shift is, and how sure. Every other statistic is its own. */
function familiesOf(statistics: readonly DriftStatistic[]): Family[] {
  const psi = statistics.find(({ name }) => name === 'psi');
  const ks = statistics.find(({ name }) => name === 'ks');
  if (psi === undefined || ks === undefined) return statistics.map(single);
  const others = statistics.filter((statistic) => statistic !== psi && statistic !== ks);
  return [pair(psi, ks), ...others.map(single)];
}

function fitIfApplies(
  statistic: DriftStatistic,
  reference: ReferenceColumn,
): ((window: WindowColumn) => DriftMeasure) | null {
  return statistic.kinds.includes(reference.kind) ? statistic.fit(reference) : null;
}

function pair(psi: DriftStatistic, ks: DriftStatistic): Family {
  return {
    name: 'psi_ks',
    fit(reference) {
      const size = fitIfApplies(psi, reference);
      const test = fitIfApplies(ks, reference);
      if (size === null) return null;
      return (window) => {
        const index = size(window);
        const distance = test?.(window) ?? null;
        return {
          psi: finite(index.value),
          ks: distance === null ? null : finite(distance.value),
          value: null,
          threshold: index.threshold,
          pValue: distance === null ? index.pValue : distance.pValue,
          isLarge: isLarge(index),
        };
      };
    },
  };
}

function single(statistic: DriftStatistic): Family {
  const { name } = statistic;
  return {
    name,
    fit(reference) {
      const measure = fitIfApplies(statistic, reference);
      if (measure === null) return null;
      return (window) => {
        const { value, threshold, pValue } = measure(window);
        const decides = pValue === null ? threshold !== null : Number.isFinite(pValue);
        return {
          psi: name === 'psi' ? finite(value) : null,
          ks: name === 'ks' ? finite(value) : null,
          value: name === 'psi' || name === 'ks' ? null : finite(value),
          threshold,
          pValue: pValue === null ? null : finite(pValue),
          isLarge: decides && isLarge({ value, threshold }),
        };
      };
    },
  };
}

function isLarge({ value, threshold }: Pick<DriftMeasure, 'value' | 'threshold'>): boolean {
  return threshold === null ? !Number.isNaN(value) : value > threshold;
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
