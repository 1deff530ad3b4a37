// The loss that a quantile minimises (hot path).

/**
 * @param under how far the label is above the quantile of this level
 *
 * Source: R. Koenker, G. Bassett, "Regression quantiles" (Econometrica 46, 1978).
 *
 * @example
 * ```ts
 * [pinballLoss(0.9, 2), pinballLoss(0.9, -2)].map((loss) => loss.toFixed(1)) // => ['1.8', '0.2']
 * ```
 */
export function pinballLoss(level: number, under: number): number {
  return Math.max(level * under, (level - 1) * under);
}
