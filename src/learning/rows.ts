// Rows of a training set (control path): views.
import { pickTexts, textRows } from '../core/text-column.ts';
import type { RowIdentities } from '../ports/history.ts';
import type { TrainingRows } from './trainer.ts';

/** Without labels: row-major raw features, NaN where missing. */
export interface RawRows {
  readonly features: Float32Array;
  readonly rowCount: number;
  readonly width: number;
}

/** Rows [from, to) of a training set: a view. */
export function rowsOf({ features, width }: RawRows, from: number, to: number): RawRows {
  return { features: features.subarray(from * width, to * width), rowCount: to - from, width };
}

/** Rows [from, to) with all that a fit knows of them: a view. */
export function trainingRowsOf(
  { width, features, labels, weights, eventTimeMs, identities }: TrainingRows,
  from: number,
  to: number,
): TrainingRows {
  return {
    ...rowsOf({ rowCount: labels.length, width, features }, from, to),
    labels: labels.subarray(from, to),
    weights: weights.subarray(from, to),
    eventTimeMs: eventTimeMs.subarray(from, to),
    ...(identities === undefined ? {} : { identities: identityRows(identities, from, to) }),
  };
}

function identityRows({ ids, keys, entities }: RowIdentities, from: number, to: number): RowIdentities {
  return {
    ids: textRows(ids, from, to),
    keys: textRows(keys, from, to),
    entities: textRows(entities, from, to),
  };
}

/** Those of the rows with these numbers. */
export function pickIdentities({ ids, keys, entities }: RowIdentities, rows: Uint32Array): RowIdentities {
  return {
    ids: pickTexts(ids, rows),
    keys: pickTexts(keys, rows),
    entities: pickTexts(entities, rows),
  };
}
