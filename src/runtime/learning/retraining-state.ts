// When to retrain (control path): a pure reducer, so that every decision can be replayed and tested alone.
import { Cron } from 'croner';
import { isInstant } from '../../core/time.ts';
import type { RetrainingSettings } from '../../topology/learning-options.ts';

export interface RetrainingState {
  readonly phase: 'collecting' | 'watching' | 'training';
  /** Whether a model was ever promoted: without one a rejected candidate leads back to collecting labels. */
  readonly hasModel: boolean;
  /** Labels joined in total, and since the last training started. */
  readonly labels: number;
  readonly labelsSince: number;
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
      readonly driftedFeatures: readonly string[];
      /** The loss that has drifted (`log loss`); null if none has. */
      readonly errorDrift: string | null;
    }
  | { readonly kind: 'ended'; readonly promoted: boolean };

export interface TrainingRequest {
  readonly reason: string;
  readonly atMs: number;
  readonly number: number;
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
  lastStartMs: null,
  nextScheduleMs: null,
  trainings: 0,
};

/** The schedule's next event time after `afterMs`; null for none. @throws on a malformed pattern */
export function nextSchedule(pattern: string | null, afterMs: number): number | null {
  if (pattern === null || !isInstant(afterMs)) return null;
  const next = new Cron(pattern, { timezone: 'UTC', paused: true }).nextRun(new Date(afterMs));
  return next === null ? null : next.getTime();
}

/** Why a training is due at this boundary; null if none is. */
function reasonOf(
  state: RetrainingState,
  event: Extract<RetrainingEvent, { kind: 'boundary' }>,
  options: RetrainingSettings,
): string | null {
  const isCooling = state.lastStartMs !== null && event.atMs - state.lastStartMs < options.cooldownMs;
  if (state.phase === 'collecting') {
    return state.labels >= options.firstRows && !isCooling ? `first model: ${state.labels} labels` : null;
  }
  if (state.nextScheduleMs !== null && event.atMs >= state.nextScheduleMs)
    return `schedule: ${options.schedule}`;
  if (isCooling) return null;
  if (options.everyRows !== null && state.labelsSince >= options.everyRows) {
    return `volume: ${state.labelsSince} new labels`;
  }
  if (options.onErrorDrift && event.errorDrift !== null)
    return `performance: the ${event.errorDrift} has drifted`;
  const drifted = event.driftedFeatures.length;
  if (options.driftedFeatures !== null && drifted >= options.driftedFeatures) {
    const named = event.driftedFeatures.slice(0, 3).join(', ');
    return `drift: ${drifted} features (${named}${drifted > 3 ? ', ...' : ''})`;
  }
  return null;
}

/** One step. A boundary may start a training, unless one runs. */
export function stepRetraining(
  state: RetrainingState,
  event: RetrainingEvent,
  options: RetrainingSettings,
): RetrainingStep {
  if (event.kind === 'ended') {
    const hasModel = event.promoted || state.hasModel;
    return { state: { ...state, hasModel, phase: hasModel ? 'watching' : 'collecting' }, request: null };
  }
  const seen: RetrainingState = {
    ...state,
    labels: state.labels + event.labels,
    labelsSince: state.labelsSince + event.labels,
    nextScheduleMs: state.nextScheduleMs ?? nextSchedule(options.schedule, event.atMs),
  };
  const reason = state.phase === 'training' ? null : reasonOf(seen, event, options);
  if (reason === null) return { state: seen, request: null };
  const trainings = seen.trainings + 1;
  return {
    state: {
      ...seen,
      phase: 'training',
      labelsSince: 0,
      lastStartMs: event.atMs,
      nextScheduleMs: nextSchedule(options.schedule, event.atMs),
      trainings,
    },
    request: { reason, atMs: event.atMs, number: trainings },
  };
}
