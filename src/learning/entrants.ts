// Which fits compete in a training (control path): on which rows each begins, and from which weights.
import { RECENT_ROWS_MIN, TRAINING_ROWS_MIN } from '../core/loop-limits.ts';
import type { RarerRows } from './rarer-rows.ts';
import { trainEndOf, type GateCut } from './slices.ts';

export interface Entrant {
  /** For the verdict: `from the champion`. */
  readonly name: string;
  /** Whether the fit may start from the champion. */
  readonly isWarm: boolean;
  /** Rows [from, trainEnd) are fitted, [trainEnd, gateFrom) validate. */
  readonly from: number;
  readonly trainEnd: number;
}

export const SINCE_CHANGE = 'since the change';
const WHOLE = 'of the whole window';

/** Of a window of recent rows, the share that the next shorter one has. */
const RECENT_SHARE = 0.25;

/**
 * What competes: the champion continued on the whole window; a new model of the rows since the last change; one of the whole
 * window; and one of its recent rows, for a concept that moves without an alarm.
 * @param startsWarm whether the trainer would start from the champion
 * @param validationShare of a fit from the champion, and of one that starts afresh; 0 if it does not validate
 * @param rarer of a task of two classes: rows that validate must be of both
 */
export function entrantsOf(
  cut: GateCut,
  startsWarm: boolean,
  validationShare: { readonly warm: number; readonly cold: number },
  rarer: RarerRows | null = null,
): Entrant[] {
  const { freshFrom, changedFrom, gateFrom, rowCount } = cut;
  const cold = (name: string, from: number): Entrant => ({
    name,
    isWarm: false,
    from,
    trainEnd: trainEndOf(cut, from, validationShare.cold, rarer),
  });
  const warm: Entrant = {
    name: 'from the champion',
    isWarm: true,
    from: 0,
    trainEnd: trainEndOf(cut, freshFrom, validationShare.warm, rarer),
  };
  return [
    ...(startsWarm ? [warm] : []),
    cold(WHOLE, 0),
    ...(changedFrom > 0 && gateFrom - changedFrom >= TRAINING_ROWS_MIN
      ? [cold(SINCE_CHANGE, changedFrom)]
      : []),
    ...recentWindows(cut).map((rows) => cold(`of the newest ${rows} rows`, rowCount - rows)),
  ];
}

/** Rows of each: a quarter of the window, a sixteenth and so on, as what changes slowly shows in one of them; all of them together are a third of it. */
function recentWindows({ changedFrom, gateFrom, rowCount }: GateCut): number[] {
  const windows: number[] = [];
  let rows = Math.floor(rowCount * RECENT_SHARE);
  while (rows >= RECENT_ROWS_MIN) {
    const from = rowCount - rows;
    if (from > changedFrom && 2 * (gateFrom - from) >= rows) windows.push(rows);
    rows = Math.floor(rows * RECENT_SHARE);
  }
  return windows;
}

/** Of several, the one that a trainer of long fits gets: of the rows since the change if they are many, else of the whole window. */
export function soleEntrant(entrants: readonly Entrant[], { gateFrom }: GateCut): Entrant[] {
  const changed = entrants.find(
    ({ name, from }) => name === SINCE_CHANGE && gateFrom - from >= RECENT_ROWS_MIN,
  );
  return [changed, ...entrants.filter(({ name }) => name === WHOLE)]
    .filter((one) => one !== undefined)
    .slice(0, 1);
}
