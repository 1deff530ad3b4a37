// A drift detector that is written outside src: the drift detection method on wrong predictions.
import type { DriftDetector } from 'millrace';

interface Ddm {
  readonly count: number;
  readonly mean: number;
  /** Error rate and its deviation when their sum was lowest; null before the first label. */
  readonly lowest: { readonly rate: number; readonly deviation: number } | null;
  readonly changed: boolean;
}

const START: Ddm = { count: 0, mean: 0, lowest: null, changed: false };

/** The log loss of a probability of one half: above it the prediction was wrong. */
const WRONG = Math.LN2;

/**
 * Raises an alarm when the error rate is three deviations above its minimum. Null: with a constant error rate there is
 * about one alarm in some thousand labels; the deviation is that of a Bernoulli variable.
 *
 * Source: J. Gama et al., "Learning with drift detection" (SBIA 2004). Equal to River's drift.binary.DDM.
 */
export function ddm(warmStart = 30, deviations = 3): DriftDetector<Ddm> {
  return {
    name: 'ddm',
    open() {
      let state = START;
      return {
        update(loss) {
          const { count, mean, lowest } = state.changed ? START : state;
          const n = count + 1;
          const rate = mean + (Number(loss > WRONG) - mean) / n;
          const deviation = Math.sqrt((rate * (1 - rate)) / n);
          state = { count: n, mean: rate, lowest, changed: false };
          if (n <= warmStart) return false;
          const best =
            lowest === null || rate + deviation <= lowest.rate + lowest.deviation
              ? { rate, deviation }
              : lowest;
          const changed = rate + deviation > best.rate + deviations * best.deviation;
          state = { ...state, lowest: best, changed };
          return changed;
        },
        report() {
          const { mean, lowest } = state;
          if (lowest === null) return { value: mean };
          return { value: mean, threshold: lowest.rate + deviations * lowest.deviation };
        },
        snapshot: () => state,
        restore(snapshot) {
          state = snapshot;
        },
      };
    },
  };
}
