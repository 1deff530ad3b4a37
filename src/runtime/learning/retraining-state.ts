// When to retrain (control path): a pure reducer, so that every decision can be replayed and tested alone.
import { Cron } from 'croner';
import { GATE_ROWS_MIN, RARER_ROWS_MIN, TRAINING_ROWS_MIN } from '../../core/loop-limits.ts';
import { isInstant } from '../../core/time.ts';
import type { RetrainingSettings } from '../../topology/learning-options.ts';
import type { ConceptChange } from './change-clock.ts';

export interface RetrainingState {
  readonly phase: 'collecting' | 'watching' | 'training';
  /** Whether a model was ever promoted: without one a rejected candidate leads back to collecting labels. */
  readonly hasModel: boolean;
  /** Labels joined in total, and since the last training started. */
  readonly labels: number;
  readonly labelsSince: number;
  /** Labels of predictions that are newer than every row that the champion was trained on: what a gate can judge on. */
  readonly fresh: number;
  /** Those of `labelsSince` and of `fresh` that are 1. */
  readonly positivesSince: number;
  readonly freshPositives: number;
  /** Labels behind the last change of the concept, or all. */
  readonly labelsSinceChange: number;
  /** Those of them that are 1. */
  readonly positivesSinceChange: number;
  /** Event time of that change, ms; null if none is known. */
  readonly changeMs: number | null;
  /** The reason of a training that is due and could not be served yet; null for none. */
  readonly pending: string | null;
  /** Labels to judge on before which nothing is trained: the last candidate was not promoted. */
  readonly holdUntil: number;
  /** New labels at which a training is due, as the last candidates were judged; null as long as it is `everyRows`. */
  readonly paceRows: number | null;
  /** As of the last start. */
  readonly atStart:
    | (Pick<RetrainingState, 'labelsSince' | 'labelsSinceChange' | 'fresh' | 'pending'> &
        // Snapshots of earlier releases lack it.
        Partial<Pick<RetrainingState, 'positivesSince'>>)
    | null;
  readonly lastStartMs: number | null;
  readonly nextScheduleMs: number | null;
  /** Trainings started so far; the next version is one higher. */
  readonly trainings: number;
}

export type RetrainingEvent =
  | {
      readonly kind: 'boundary';
      readonly atMs: number;
      readonly labels: number;
      /** What they are, for the reason: `rows` of a task without labels. */
      readonly counted: 'labels' | 'rows';
      /** Of these, the labels of predictions that are newer than the champion's rows. */
      readonly fresh: number;
      /** Of `labels` and of `fresh`, those that are 1. */
      readonly positives: number;
      readonly freshPositives: number;
      /** Whether labels are 0 or 1, and a gate needs some of each. */
      readonly needsBothClasses: boolean;
      readonly driftedFeatures: readonly string[];
      /** The loss that has drifted (`log loss`); null if none has. */
      readonly errorDrift: string | null;
      /** Where the alarm says that the concept changed; null without one. */
      readonly change: ConceptChange | null;
    }
  | {
      readonly kind: 'ended';
      readonly outcome: 'promoted' | 'rejected' | 'failed';
      /** Rows of the training that the promoted model was not fitted on: its gate's, without a refit. */
      readonly unseen: number;
      /** Whether the gate's interval rules out that the candidate is no better. */
      readonly isSure: boolean;
    };

export interface TrainingRequest {
  readonly reason: string;
  readonly atMs: number;
  readonly number: number;
  readonly changeMs: number | null;
}

export interface RetrainingStep {
  readonly state: RetrainingState;
  /** The training to start; null for none. */
  readonly request: TrainingRequest | null;
}

export const initialRetrainingState: RetrainingState = {
  phase: 'collecting',
  hasModel: false,
  labels: 0,
  labelsSince: 0,
  fresh: 0,
  positivesSince: 0,
  freshPositives: 0,
  labelsSinceChange: 0,
  positivesSinceChange: 0,
  changeMs: null,
  pending: null,
  holdUntil: 0,
  paceRows: null,
  atStart: null,
  lastStartMs: null,
  nextScheduleMs: null,
  trainings: 0,
};

/** Rows that a training needs: some to fit, and some to judge on. */
const ROWS_MIN = TRAINING_ROWS_MIN + GATE_ROWS_MIN;
/** After a candidate that was not promoted, the labels to judge on must have grown by this factor. */
const HOLD_FACTOR = 1.5;

/** A state from a snapshot; those of earlier releases lack some parts. */
export function restoredRetrainingState(stored: Partial<RetrainingState>): RetrainingState {
  const { labels = 0, labelsSince = 0, freshPositives = 0 } = stored;
  const known = { fresh: labelsSince, labelsSinceChange: labels, positivesSinceChange: freshPositives };
  return { ...initialRetrainingState, ...known, ...stored };
}

/** The schedule's next event time after `afterMs`; null for none. @throws on a malformed pattern */
export function nextSchedule(pattern: string | null, afterMs: number): number | null {
  if (pattern === null || !isInstant(afterMs)) return null;
  const next = new Cron(pattern, { timezone: 'UTC', paused: true }).nextRun(new Date(afterMs));
  return next === null ? null : next.getTime();
}

/** An alarm of this boundary; null if there is none. */
function alarmOf(
  { driftedFeatures, errorDrift }: Extract<RetrainingEvent, { kind: 'boundary' }>,
  options: RetrainingSettings,
): string | null {
  if (options.onErrorDrift && errorDrift !== null) return `performance: the ${errorDrift} has drifted`;
  const drifted = driftedFeatures.length;
  if (options.driftedFeatures === null || drifted < options.driftedFeatures) return null;
  const named = driftedFeatures.slice(0, 3).join(', ');
  return `drift: ${drifted} features (${named}${drifted > 3 ? ', ...' : ''})`;
}

/** New labels at which a training is due; null for never. */
function volumeOf(
  { atStart, paceRows }: RetrainingState,
  { everyRows, growth }: RetrainingSettings,
): number | null {
  const every = everyRows === null ? null : Math.min(everyRows, paceRows ?? everyRows);
  if (growth === null || atStart === null) return every;
  const grown = Math.max(ROWS_MIN / 2, Math.ceil(atStart.labelsSinceChange * growth));
  return every === null ? grown : Math.min(every, grown);
}

/** Half as many if candidates win for sure, twice as many if not: a stream that moves all the time is followed, one that does not costs little. */
function pacedRows(
  { paceRows }: RetrainingState,
  { outcome, isSure }: Extract<RetrainingEvent, { kind: 'ended' }>,
  { everyRows, everyRowsMin }: RetrainingSettings,
): number | null {
  if (everyRows === null || everyRowsMin === null || outcome === 'failed') return paceRows;
  const pace = paceRows ?? everyRows;
  const next = outcome === 'promoted' && isSure ? Math.max(everyRowsMin, Math.ceil(pace / 2)) : pace * 2;
  return next >= everyRows ? null : next;
}

/** Labels that a gate can judge on: those since the change that the champion was not trained on. */
function judgeable({
  fresh,
  labelsSinceChange,
}: Pick<RetrainingState, 'fresh' | 'labelsSinceChange'>): number {
  return Math.min(fresh, labelsSinceChange);
}

/** Whether there are rows to fit and to judge on: by those of one class alone, any model that rules the other out is perfect. */
function isJudgeable(state: RetrainingState, needsBothClasses: boolean): boolean {
  const { fresh, freshPositives, labelsSinceChange, positivesSinceChange } = state;
  if (judgeable(state) < ROWS_MIN) return false;
  const hasBoth = (labels: number, positives: number): boolean =>
    Math.min(positives, labels - positives) >= RARER_ROWS_MIN;
  return (
    !needsBothClasses || (hasBoth(fresh, freshPositives) && hasBoth(labelsSinceChange, positivesSinceChange))
  );
}

/** Why a training is due at this boundary; null if none is. */
function reasonOf(
  state: RetrainingState,
  { atMs, counted, needsBothClasses }: Extract<RetrainingEvent, { kind: 'boundary' }>,
  options: RetrainingSettings,
): string | null {
  // What cannot be judged is not trained: it stays due.
  if (!isJudgeable(state, needsBothClasses)) return null;
  const isCooling = state.lastStartMs !== null && atMs - state.lastStartMs < options.cooldownMs;
  const isHeld = isCooling || judgeable(state) < state.holdUntil;
  if (state.phase === 'collecting')
    return state.labels >= options.firstRows && !isHeld ? `first model: ${state.labels} ${counted}` : null;
  if (state.nextScheduleMs !== null && atMs >= state.nextScheduleMs) return `schedule: ${options.schedule}`;
  if (isHeld) return null;
  if (state.pending !== null) return state.pending;
  const volume = volumeOf(state, options);
  return volume !== null && state.labelsSince >= volume
    ? `volume: ${state.labelsSince} new ${counted}`
    : null;
}

/** One step. A boundary may start a training, unless one runs. */
export function stepRetraining(
  state: RetrainingState,
  event: RetrainingEvent,
  options: RetrainingSettings,
): RetrainingStep {
  if (event.kind === 'ended') return { state: endedState(state, event, options), request: null };
  const seen = seenState(state, event, options);
  const reason = state.phase === 'training' ? null : reasonOf(seen, event, options);
  if (reason === null) return { state: seen, request: null };
  const trainings = seen.trainings + 1;
  const { labelsSince, labelsSinceChange, fresh, positivesSince, pending, changeMs } = seen;
  return {
    state: {
      ...seen,
      phase: 'training',
      labelsSince: 0,
      positivesSince: 0,
      pending: null,
      atStart: { labelsSince, labelsSinceChange, fresh, positivesSince, pending },
      lastStartMs: event.atMs,
      nextScheduleMs: nextSchedule(options.schedule, event.atMs),
      trainings,
    },
    request: { reason, atMs: event.atMs, number: trainings, changeMs },
  };
}

function seenState(
  state: RetrainingState,
  event: Extract<RetrainingEvent, { kind: 'boundary' }>,
  options: RetrainingSettings,
): RetrainingState {
  const { atMs, labels, fresh, positives, freshPositives, change } = event;
  // Detectors report one change one after another; the slower ones know less well where it was.
  const isNew = change !== null && (state.changeMs === null || change.atMs > state.changeMs);
  const changed = isNew
    ? {
        labelsSinceChange: change.labels,
        positivesSinceChange: change.positives,
        changeMs: Math.floor(change.atMs),
        holdUntil: 0,
      }
    : {
        labelsSinceChange: atLeast0(state.labelsSinceChange + labels),
        positivesSinceChange: atLeast0(state.positivesSinceChange + positives),
      };
  return {
    ...state,
    ...changed,
    // Labels that are withdrawn may be of before what is counted here.
    labels: atLeast0(state.labels + labels),
    labelsSince: atLeast0(state.labelsSince + labels),
    fresh: atLeast0(state.fresh + fresh),
    positivesSince: atLeast0(state.positivesSince + positives),
    freshPositives: atLeast0(state.freshPositives + freshPositives),
    // An alarm outlives the cooldown, a training that is running, and the wait for rows to judge on.
    pending: alarmOf(event, options) ?? state.pending,
    nextScheduleMs: state.nextScheduleMs ?? nextSchedule(options.schedule, atMs),
  };
}

function atLeast0(count: number): number {
  return Math.max(0, count);
}

function endedState(
  state: RetrainingState,
  event: Extract<RetrainingEvent, { kind: 'ended' }>,
  options: RetrainingSettings,
): RetrainingState {
  const { outcome, unseen } = event;
  const { atStart, labelsSince, positivesSince } = state;
  const hasModel = outcome === 'promoted' || state.hasModel;
  const ended: RetrainingState = {
    ...state,
    hasModel,
    phase: hasModel ? 'watching' : 'collecting',
    paceRows: pacedRows(state, event, options),
  };
  // Which class the gate's rows were of is not known any more.
  if (outcome === 'promoted')
    return { ...ended, fresh: labelsSince + unseen, freshPositives: positivesSince, holdUntil: 0 };
  const holdUntil = Math.ceil((atStart === null ? 0 : judgeable(atStart)) * HOLD_FACTOR);
  if (outcome === 'rejected') return { ...ended, holdUntil };
  // Nothing was judged: what was due still is.
  return {
    ...ended,
    holdUntil,
    labelsSince: labelsSince + (atStart?.labelsSince ?? 0),
    positivesSince: positivesSince + (atStart?.positivesSince ?? 0),
    pending: state.pending ?? atStart?.pending ?? null,
  };
}
