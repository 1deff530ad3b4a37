// Cuts a training set by time (control path): train < validation < gate, no row ever moved across.
import { MillraceError } from '../core/errors.ts';
import { GATE_ROWS_MIN, TRAINING_ROWS_MIN } from '../core/limits.ts';
import type { TrainingSet } from '../ports/history.ts';

/** Rows [0, trainEnd) train, [trainEnd, validationEnd) validate, [validationEnd, rowCount) are the gate's. */
export interface Slices {
  readonly trainEnd: number;
  readonly validationEnd: number;
  readonly rowCount: number;
}

export interface SliceShares {
  /** Of the fresh rows. */
  readonly validation: number;
  readonly gate: number;
}

/**
 * Validation and gate are shares of the fresh rows: all rows for a first model, else those newer than
 * `championNewestMs`, the newest row that the champion was trained on. So neither the champion nor a fit that starts
 * from its weights has seen a row that it is judged on. Throws TRAINING_SET_TOO_SMALL.
 */
export function cutSlices(set: TrainingSet, shares: SliceShares, championNewestMs: number | null): Slices {
  const { rowCount, eventTimeMs } = set;
  if (rowCount < TRAINING_ROWS_MIN) {
    throw new MillraceError(
      'TRAINING_SET_TOO_SMALL',
      `${rowCount} labelled rows, ${TRAINING_ROWS_MIN} needed`,
      {
        remedy: 'Wait for more labels, or widen the training interval.',
      },
    );
  }
  let freshFrom = 0;
  if (championNewestMs !== null) {
    freshFrom = rowCount;
    while (freshFrom > 0 && (eventTimeMs[freshFrom - 1] as number) > championNewestMs) freshFrom -= 1;
  }
  const fresh = rowCount - freshFrom;
  const gate = Math.floor(fresh * shares.gate);
  if (gate < GATE_ROWS_MIN) {
    throw new MillraceError(
      'TRAINING_SET_TOO_SMALL',
      `the gate would judge on ${gate} rows of ${fresh} that are newer than the champion's, ${GATE_ROWS_MIN} needed`,
      { remedy: 'Retrain less often, or raise gate.share.' },
    );
  }
  const validation = Math.floor(fresh * shares.validation);
  return { trainEnd: rowCount - gate - validation, validationEnd: rowCount - gate, rowCount };
}

/** Weights by age, halved every `halfLifeMs` before the newest row; all 1 for null. */
export function ageWeights(eventTimeMs: Float64Array, halfLifeMs: number | null): Float32Array {
  const weights = new Float32Array(eventTimeMs.length).fill(1);
  if (halfLifeMs === null) return weights;
  const newest = eventTimeMs.at(-1) ?? 0;
  for (let i = 0; i < weights.length; i += 1) {
    weights[i] = 0.5 ** ((newest - (eventTimeMs[i] as number)) / halfLifeMs);
  }
  return weights;
}
