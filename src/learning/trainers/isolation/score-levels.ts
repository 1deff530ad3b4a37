// What depths of rows mean as scores (control path): quantiles of the depths of the rows that the forest was fitted on.

/** Ascending: a row whose sum of depths is below edges[i], and not below edges[i + 1], has the score scores[i + 1]. */
export interface ScoreLevels {
  /** Descending sums of depths. */
  readonly edges: Float32Array;
  /** One more than edges: of a row that is below the first i edges. */
  readonly scores: Float32Array;
}

/** Percents up to 0.9, and ten times as fine with each nine: where thresholds of alerts are. */
function levelsFor(count: number): number[] {
  const levels: number[] = [];
  for (let i = 1; i < 90; i += 1) levels.push(i / 100);
  for (let nines = 1; nines <= 4; nines += 1)
    for (let i = 0; i < 90; i += 1) levels.push(1 - 10 ** -nines + i / 10 ** (nines + 2));
  return levels.map((level) => Number(level.toFixed(6))).filter((level) => (1 - level) * count >= 1 - 1e-9);
}

/**
 * The score of a row is the highest level L such that a share L of the fitted rows, or more, is deeper: exact to the distance of
 * levels, 0.001 between 0.9 and 0.99. Rows of equal depth have one score.
 * @param depths sums over all trees, of the fitted rows
 */
export function scoreLevels(depths: Float64Array): ScoreLevels {
  const sorted = Float64Array.from(depths).sort().reverse();
  const levels = levelsFor(sorted.length);
  return {
    edges: Float32Array.from(
      levels,
      (level) => sorted[Math.ceil(level * sorted.length - 1e-9) - 1] as number,
    ),
    scores: Float32Array.of(0, ...levels),
  };
}
