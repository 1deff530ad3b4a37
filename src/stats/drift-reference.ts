// What drift is measured against (control path): built once from a training matrix and kept with its model.
import { invariant } from '../core/errors.ts';
import { KS_REFERENCE_ROWS_MAX, KS_REFERENCE_VALUES_MAX } from '../core/loop-limits.ts';
import type { DriftReference } from '../core/reports.ts';
import { psiBins, psiBinsCategorical } from './psi-bins.ts';
import { RowReservoir } from './reservoir.ts';
import { sortFloat32 } from './sort-float32.ts';

/** Of a model with no rows to compare with. */
export const NO_REFERENCE: DriftReference = {
  rowCount: 0,
  features: [],
  score: { edges: [], shares: [], sample: [] },
};

type ColumnReference = DriftReference['features'][number];

/** A missing value ranks below all others in a KS test, -Infinity included: a shift of their share is drift. */
const MISSING_RANK = -3.4028234663852886e38; // the lowest float32
/** The infinities rank as the outermost values, so that a sample is finite numbers, which JSON can write. */
const RANK_MIN = -3.4028232635611926e38; // the float32 above the lowest
const RANK_MAX = 3.4028234663852886e38;

/**
 * Bins and samples of each column of a row-major `rowCount` x names.length matrix, and of the scores that the model
 * gave to its rows: JSON-able. Bins see every row; the KS samples are one seeded draw of at most KS_REFERENCE_ROWS_MAX
 * rows, and of fewer if there are many numeric columns: the reference travels with its model. `shares` holds the inner bins, then `other`, then `missing`, as in psi-bins.ts.
 */
export function makeDriftReference(
  matrix: Float32Array,
  rowCount: number,
  names: readonly string[],
  kinds: ReadonlyArray<'numeric' | 'categorical'>,
  scores: Float32Array,
  seed: number,
  scoreKind: 'numeric' | 'categorical' = 'numeric',
): DriftReference {
  const width = names.length;
  invariant(kinds.length === width, 'each feature has a name and a kind');
  invariant(
    rowCount > 0 && matrix.length >= rowCount * width,
    'a drift reference has rows, all in its matrix',
  );
  invariant(scores.length >= rowCount, 'each row of a drift reference has a score');
  const numeric = kinds.filter((kind) => kind === 'numeric').length + 1;
  const sampled = Math.min(KS_REFERENCE_ROWS_MAX, Math.floor(KS_REFERENCE_VALUES_MAX / numeric));
  const features = names.map((name, column) => {
    const values = new Float32Array(rowCount);
    gatherColumn(matrix, values, width, column);
    if (kinds[column] === 'categorical') return { name, ...psiBinsCategorical(values), sample: [] };
    return { name, ...psiBins(values), sample: sampleOf(values, sampled, seed) };
  });
  const judged = scores.slice(0, rowCount);
  const score =
    scoreKind === 'categorical'
      ? { ...psiBinsCategorical(judged), sample: [] }
      : { ...psiBins(judged), sample: sampleOf(judged, sampled, seed) };
  return { rowCount, features, score };
}

/** Fills `values` from column `column` of a row-major matrix. */
export function gatherColumn(
  matrix: Float32Array,
  values: Float32Array,
  width: number,
  column: number,
): void {
  for (let row = 0, at = column; row < values.length; row += 1, at += width)
    values[row] = matrix[at] as number;
}

/** Sorts a column in place for the KS test: ascending, all finite, a missing value below all others. */
export function sortForKs(values: Float32Array): void {
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i] as number;
    if (value >= RANK_MIN && value <= RANK_MAX) continue;
    if (Number.isNaN(value)) values[i] = MISSING_RANK;
    else values[i] = value > 0 ? RANK_MAX : RANK_MIN;
  }
  sortFloat32(values);
}

/** Why a stored reference cannot be compared with, as a clause; null if it can. */
export function referenceProblem({
  kind,
  edges,
  shares,
  sample,
}: Omit<ColumnReference, 'name'>): string | null {
  const isNumbers = (values: readonly number[]): boolean => values.every((value) => Number.isFinite(value));
  if (!isNumbers(edges) || !isNumbers(shares) || !isNumbers(sample))
    return 'it holds what is no finite number';
  const inner = kind === 'categorical' ? edges.length : Math.max(0, edges.length - 1);
  if (shares.length !== inner + 2) return `it has ${shares.length} shares for ${inner} bins`;
  const isAscending = (values: readonly number[]): boolean =>
    values.every((value, i) => i === 0 || value >= (values[i - 1] as number));
  if (!isAscending(sample) || (kind === 'numeric' && !isAscending(edges)))
    return 'it is not in ascending order';
  return null;
}

/** Ends of the column's range that a single row seems to mark, as far as its sample shows. */
export function openEndsOf(column: Pick<ColumnReference, 'kind' | 'edges' | 'sample'>): 0 | 1 | 2 {
  if (column.kind === 'categorical') return 0;
  const shared = (end: number | undefined): boolean => {
    const first = column.sample.findIndex((v) => Math.fround(v) === end);
    return first >= 0 && Math.fround(column.sample[first + 1] ?? NaN) === end;
  };
  if (shared(column.edges[0])) return shared(column.edges.at(-1)) ? 0 : 1;
  return shared(column.edges.at(-1)) ? 1 : 2;
}

/** The same seed and row count draw the same rows of each column. */
function sampleOf(values: Float32Array, rowsMax: number, seed: number): number[] {
  const reservoir = new RowReservoir(1, rowsMax, seed);
  reservoir.add(values, values.length);
  const sample = reservoir.rows.slice();
  sortForKs(sample);
  // Nine digits tell any float32 from its neighbours, and are half as long as the double that it widens to.
  return Array.from(sample, (v) => Number(v.toPrecision(9)));
}
