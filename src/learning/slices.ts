// Cuts a training set by time (control path): train < validation < gate, no row ever moved across.
import { MillraceError } from '../core/errors.ts';
import {
  HELD_RARER_ROWS_MIN,
  GATE_ROWS_MIN,
  RARER_ROWS_MIN,
  TRAINING_ROWS_MIN,
  VALIDATION_ROWS_MIN,
} from '../core/loop-limits.ts';
import type { TrainingSet } from '../ports/history.ts';
import type { Objective } from '../tasks/task.ts';
import { rarerRows, type RarerRows } from './rarer-rows.ts';

/** Where the rows of a training set begin to be new, in two senses, and those that the gate judges on. */
export interface GateCut {
  /** The first row that is newer than every row that the champion was trained on; 0 without a champion. */
  readonly freshFrom: number;
  /** The first row since the concept changed; 0 if no change is known. */
  readonly changedFrom: number;
  /** Rows [gateFrom, rowCount) are the gate's. */
  readonly gateFrom: number;
  readonly rowCount: number;
}

/** Most of the rows that may be held back, to judge or to validate on, for a class that is rare: as many are left to learn it from. */
const HELD_SHARE_MAX = 0.5;

/**
 * The gate's slice is the share `gateShare` of the fresh rows since the change, the newest of them: what it says must hold for
 * the present concept, and neither the champion nor a fit that starts from its weights has seen a row of it. Of two classes of
 * which one is rare it is up to half of these rows.
 * @param championNewestMs event time of the champion's newest row; null without a champion, or if that is not known
 * @param changeMs event time of the last change that a detector found; null if there was none
 * @param objective the task's; of one with two classes, enough rows of each must be there
 * @throws TRAINING_SET_TOO_SMALL
 */
export function cutGate(
  set: TrainingSet,
  gateShare: number,
  championNewestMs: number | null,
  changeMs: number | null,
  objective?: Objective,
): GateCut {
  const { rowCount, eventTimeMs } = set;
  if (rowCount < TRAINING_ROWS_MIN + GATE_ROWS_MIN)
    throw tooSmall(`${rowCount} labelled rows, ${TRAINING_ROWS_MIN + GATE_ROWS_MIN} needed`);
  const freshFrom = championNewestMs === null ? 0 : firstFrom(eventTimeMs, championNewestMs, true);
  const changedFrom = changeMs === null ? 0 : firstFrom(eventTimeMs, changeMs, false);
  const fresh = rowCount - freshFrom;
  const rarer = rarerRows(set.labels, objective);
  const cut = { freshFrom, changedFrom, rowCount };
  // Of a change that is too new to be judged on, the rows before it must do.
  const since = Math.min(fresh, rowCount - changedFrom);
  const isKnown =
    since >= TRAINING_ROWS_MIN + GATE_ROWS_MIN &&
    (rarer === null || rarer(changedFrom, rowCount) >= RARER_ROWS_MIN);
  const sinceChange = isKnown ? gateOf(cut, since, gateShare, rarer) : null;
  if (sinceChange !== null) return { ...cut, gateFrom: sinceChange };
  if (fresh < GATE_ROWS_MIN)
    throw tooSmall(`${fresh} rows are newer than the champion's, and the gate needs ${GATE_ROWS_MIN}`);
  const gateFrom = gateOf(cut, fresh, gateShare, rarer);
  if (gateFrom !== null) return { ...cut, gateFrom };
  const judged = Math.max(GATE_ROWS_MIN, Math.floor(fresh * HELD_SHARE_MAX));
  throw tooSmall(
    `${rarer?.(rowCount - judged, rowCount)} of ${judged} rows to judge on are of the rarer class, and the gate needs ${HELD_RARER_ROWS_MIN}`,
  );
}

/** Where the gate's slice begins in the newest `judgeable` rows; null if too few of it are of the rarer class. */
function gateOf(
  { rowCount }: Pick<GateCut, 'rowCount'>,
  judgeable: number,
  gateShare: number,
  rarer: RarerRows | null,
): number | null {
  const gate = Math.max(GATE_ROWS_MIN, Math.floor(judgeable * gateShare));
  if (rarer === null) return rowCount - gate;
  return gateWithBoth(rowCount - gate, rowCount, judgeable, rarer);
}

/** Longer than `gateFrom` says if need be, or shorter, as there must be some rows of both classes to learn from as well. */
function gateWithBoth(
  gateFrom: number,
  rowCount: number,
  judgeable: number,
  rarer: RarerRows,
): number | null {
  const earliest = rowCount - Math.floor(judgeable * HELD_SHARE_MAX);
  const latest = rowCount - GATE_ROWS_MIN;
  let from = gateFrom;
  while (from > earliest && rarer(from, rowCount) < RARER_ROWS_MIN) from -= 1;
  while (
    from < latest &&
    rarer(0, from) < HELD_RARER_ROWS_MIN &&
    rarer(from + 1, rowCount) >= HELD_RARER_ROWS_MIN
  )
    from += 1;
  return rarer(from, rowCount) >= HELD_RARER_ROWS_MIN ? from : null;
}

/**
 * The end of the rows that are fitted: those behind it, up to the gate's, validate. They are the share `validationShare` of the
 * rows from `from`, more for a class that is rare, or none if there are too few to choose by.
 */
export function trainEndOf(
  { gateFrom, rowCount }: GateCut,
  from: number,
  validationShare: number,
  rarer: RarerRows | null = null,
): number {
  const validation = Math.floor((rowCount - from) * validationShare);
  if (validation < VALIDATION_ROWS_MIN) return gateFrom;
  let trainEnd = gateFrom - validation;
  if (rarer === null) return trainEnd;
  const earliest = Math.ceil(gateFrom - (gateFrom - from) * HELD_SHARE_MAX);
  while (trainEnd > earliest && rarer(trainEnd, gateFrom) < HELD_RARER_ROWS_MIN) trainEnd -= 1;
  const areBoth = [rarer(from, trainEnd), rarer(trainEnd, gateFrom)].every(
    (rows) => rows >= HELD_RARER_ROWS_MIN,
  );
  return areBoth ? trainEnd : gateFrom;
}

/** The first row whose event time is `timeMs` or later, or later than it. */
function firstFrom(eventTimeMs: Float64Array, timeMs: number, isAfter: boolean): number {
  let from = eventTimeMs.length;
  const counts = (row: number): boolean =>
    isAfter ? (eventTimeMs[row] as number) > timeMs : (eventTimeMs[row] as number) >= timeMs;
  while (from > 0 && counts(from - 1)) from -= 1;
  return from;
}

function tooSmall(message: string): MillraceError {
  return new MillraceError('TRAINING_SET_TOO_SMALL', message, {
    remedy: 'Wait for more labels, or widen the training interval.',
  });
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
