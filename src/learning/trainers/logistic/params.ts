// Parameters of the linear models (control path).
import type { EncodingParams } from '../encoding/fit-encoding.ts';

export interface LogisticParams extends EncodingParams {
  /**
   * Strength of the L2 penalty: l2 / 2 times the sum of the squared coefficients, against the sum of the rows' losses; the inverse
   * of scikit-learn's `C`, and its `alpha` for a regression. Null, the default, chooses it by validation.
   */
  readonly l2: number | null;
}

export const logisticDefaults: LogisticParams = {
  l2: null,
  categoryCountMin: 20,
  signedLogSkewMin: 2,
  clipDeviations: 5,
  missingShareMin: 0.005,
};

/** Clauses about parameters that cannot work. */
export function logisticProblems({ l2, ...encoding }: LogisticParams): string[] {
  const { categoryCountMin, clipDeviations, missingShareMin } = encoding;
  return [
    ...(l2 === null || (typeof l2 === 'number' && l2 > 0) ? [] : [`l2 is ${l2}, not null or above 0`]),
    ...(Number.isInteger(categoryCountMin) && categoryCountMin >= 1
      ? []
      : [`categoryCountMin is ${categoryCountMin}, not an integer of at least 1`]),
    ...(clipDeviations > 0 ? [] : [`clipDeviations is ${clipDeviations}, not above 0`]),
    ...(typeof missingShareMin === 'number' && missingShareMin >= 0 && missingShareMin < 1
      ? []
      : [`missingShareMin is ${missingShareMin}, not a share from 0 to below 1`]),
  ];
}
