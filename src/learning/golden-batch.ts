// The golden batch of a model (control path): fixed rows from the ranges of the features that it was trained on, which it must
// score before an engine takes it. The same manifest gives the same rows.
import { GOLDEN_ROWS } from '../core/model-limits.ts';
import type { ModelManifest } from '../core/reports.ts';
import type { GoldenBatch } from '../ports/scorer.ts';

/** Rows with missing values, or with zeros: the model may score them as it likes, but twice alike. */
const UNJUDGED = 4;
/** Values of one feature: deciles, or the most frequent categories. */
const VALUES_MAX = 16;
/** Of a feature that the model's reference does not have. */
const WITHOUT_REFERENCE: readonly number[] = [0, 1];

/**
 * Rows of the least and of the greatest values, rows that mix the values of each feature, and, not judged, rows of missing
 * values and of zeros.
 * @param features names in the order of the vector
 * @param model null: nothing is known of the values that it was trained on
 */
export function goldenBatch(
  features: readonly string[],
  model: Pick<ModelManifest, 'reference' | 'knownCodes'> | null,
): GoldenBatch {
  const edges = new Map([
    ...(model?.reference.features.map((column) => [column.name, column.edges] as const) ?? []),
    ...Object.entries(model?.knownCodes ?? {}),
  ]);
  const columns = features.map((name) => valuesOf(edges.get(name)));
  const width = features.length;
  const judgedCount = GOLDEN_ROWS - UNJUDGED;
  const values = new Float32Array(GOLDEN_ROWS * width);
  for (const [column, known] of columns.entries()) {
    for (let row = 0; row < judgedCount; row += 1)
      values[row * width + column] = known[indexAt(row, column, known.length)] as number;
    const isEven = column % 2 === 0;
    values[judgedCount * width + column] = Number.NaN;
    values[(judgedCount + 1) * width + column] = isEven ? Number.NaN : (known[0] as number);
    values[(judgedCount + 2) * width + column] = isEven ? (known[0] as number) : Number.NaN;
  }
  return { values, rowCount: GOLDEN_ROWS, judgedCount };
}

/** The first row has the first values, the second the last; the others walk through each column at another pace. */
function indexAt(row: number, column: number, count: number): number {
  if (row === 0) return 0;
  if (row === 1) return count - 1;
  return (row * (1 + (column % 3)) + column) % count;
}

function valuesOf(edges: readonly number[] = []): readonly number[] {
  const finite = edges.slice(0, VALUES_MAX).filter((edge) => Number.isFinite(Math.fround(edge)));
  return finite.length === 0 ? WITHOUT_REFERENCE : finite;
}
