// Categories as numbers for an isolation forest (control path): how rare they are, so that one that was never seen is the rarest.
import type { FeatureSpec } from '../../../core/feature-spec.ts';
import { VOCABULARY_MAX } from '../../../core/loop-limits.ts';
import { MISSING_CODE } from '../../category-code.ts';
import type { TrainingRows } from '../../trainer.ts';
import type { Rows } from './grow-tree.ts';

export interface Rarity {
  /** Column in the raw feature row. */
  readonly column: number;
  /** By code: bits, -log2 of the share of the rows; Float32. */
  readonly bits: ReadonlyMap<number, number>;
  /** Of any other code. */
  readonly otherBits: number;
}

/** Of each categorical feature. A missing value stays missing. */
export function raritiesOf(
  rows: TrainingRows,
  trainCount: number,
  features: readonly FeatureSpec[],
): Rarity[] {
  return features.flatMap(({ kind }, column) =>
    kind === 'categorical' ? [rarityOf(rows, trainCount, column)] : [],
  );
}

function rarityOf({ features, width }: TrainingRows, trainCount: number, column: number): Rarity {
  const counts = new Map<number, number>();
  let total = 0;
  for (let row = 0; row < trainCount; row += 1) {
    const code = features[row * width + column] as number;
    if (!Number.isFinite(code)) continue;
    counts.set(code, (counts.get(code) ?? 0) + 1);
    total += 1;
  }
  const frequent = [...counts]
    .sort(([codeA, a], [codeB, b]) => b - a || codeA - codeB)
    .slice(0, VOCABULARY_MAX);
  const bits = frequent.map(([code, count]): [number, number] => [
    code,
    Math.fround(-Math.log2(count / total)),
  ]);
  // A missing value stays one, for trees to send it to a side.
  bits.push([MISSING_CODE, Number.NaN]);
  return { column, bits: new Map(bits), otherBits: Math.fround(Math.log2(2 * Math.max(1, total))) };
}

/** The rows with the rarity of each category in its place. */
export function encoded({ values, width }: Rows, rarities: readonly Rarity[]): Rows {
  const into = values.slice();
  for (const { column, bits, otherBits } of rarities)
    for (let at = column; at < into.length; at += width) {
      const code = into[at] as number;
      if (!Number.isNaN(code)) into[at] = bits.get(code) ?? otherBits;
    }
  return { values: into, width };
}
