// What the gauntlet's model says of a vector, in plain arithmetic: half of the softsign of a weighted sum, plus a half. A
// missing feature counts as zero.

/** The weight of each feature: numbers and categories are brought to about one. */
export function weightOf(feature: number): number {
  return Math.fround((feature === 1 ? 1e-7 : 0.003) * (feature + 1));
}

export function scoreOf(features: readonly number[]): number {
  const weighted = features.reduce(
    (all, value, i) => all + (Number.isNaN(value) ? 0 : value * weightOf(i)),
    0,
  );
  const sum = Math.fround(weighted); // infinite where the model's Float32 is
  return 0.5 * (sum / (1 + Math.abs(sum))) + 0.5;
}
