// A drift statistic that is written outside src: the Hellinger distance over the bins of the training set.
import { chiSquareTail, type DriftStatistic } from 'millrace';

/**
 * 0 if the window has the shares of the training set, 1 if they have no bin in common.
 *
 * Source: E. Hellinger (Journal fuer die reine und angewandte Mathematik 136, 1909).
 *
 * Null: near 0, eight times its square is (1/n + 1/m) chi-square, with one degree of freedom less than bins in use.
 */
export function hellinger(floor = 0.1): DriftStatistic {
  return {
    name: 'hellinger',
    kinds: ['numeric', 'categorical'],
    fit({ shares, rowCount }) {
      const degrees = shares.filter((share) => share > 0).length - 1;
      return ({ counts, values }) => {
        let affinity = 0;
        for (const [bin, share] of shares.entries())
          affinity += Math.sqrt((share * (counts[bin] ?? 0)) / values.length);
        const squared = Math.max(0, 1 - affinity);
        const scale = 1 / rowCount + 1 / values.length;
        return {
          value: Math.sqrt(squared),
          threshold: floor,
          pValue: chiSquareTail((8 * squared) / scale, degrees),
        };
      };
    },
  };
}
