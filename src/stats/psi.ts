// Population stability index (control path): how far binned counts lie from their reference.
import { invariant } from '../core/errors.ts';
import type { PsiBins } from './psi-bins.ts';

/** Least share of a bin on either side: an empty bin would make the index infinite. */
export const PSI_EPS = 1e-4;

/**
 * PSI of counts against the bins' reference: the sum over bins of (q - p) ln(q / p), with p the reference's share and
 * q the current one, each at least PSI_EPS. 0 where the shares are equal, never below; NaN without any count.
 *
 * Source: N. Siddiqi, "Credit risk scorecards" (2006): below 0.1 stable, 0.1 to 0.25 some shift, above a major one.
 *
 * @example
 * ```ts
 * const bins = psiBins(Float64Array.from({ length: 1000 }, (_, i) => i));
 * const counts = new Float64Array(bins.shares.length);
 * psiCount(bins, Float64Array.from({ length: 500 }, (_, i) => 2 * i), counts);
 * psi(bins, counts) < 0.001 // => true
 * ```
 */
export function psi(bins: PsiBins, counts: Float64Array): number {
  invariant(counts.length === bins.shares.length, 'there is a count for each bin');
  let total = 0;
  for (let i = 0; i < counts.length; i += 1) total += counts[i] as number;
  if (total === 0) return NaN;
  let sum = 0;
  for (let i = 0; i < counts.length; i += 1) {
    const p = Math.max(PSI_EPS, bins.shares[i] as number);
    const q = Math.max(PSI_EPS, (counts[i] as number) / total);
    sum += (q - p) * Math.log(q / p);
  }
  return sum;
}
