// Boundaries and outcomes for tests of the retraining reducer, and how to play them.
import { days, mlp, type RetrainingSettings } from '../../../src/index.ts';
import {
  initialRetrainingState,
  stepRetraining,
  type RetrainingEvent,
  type RetrainingState,
  type TrainingRequest,
} from '../../../src/runtime/learning/retraining-state.ts';

export const quiet: RetrainingSettings = {
  firstRows: 100,
  everyRows: null,
  growth: null,
  everyRowsMin: null,
  schedule: null,
  driftedFeatures: null,
  onErrorDrift: false,
  cooldownMs: days(2),
  windowMs: days(30),
  rowsMax: 1_000,
  trainers: [mlp()],
  gate: { share: 0.3, confidence: 0.9, tolerance: 0, refit: true },
  validationShare: 0.15,
  halfLifeMs: null,
  calibration: 'auto',
  negativesPerPositive: null,
  classWeights: null,
  seed: 1,
};

export const boundary = (
  atMs: number,
  labels: number,
  but: Partial<Extract<RetrainingEvent, { kind: 'boundary' }>> = {},
): RetrainingEvent => ({
  kind: 'boundary',
  counted: 'labels',
  atMs,
  labels,
  fresh: labels,
  positives: Math.floor(labels / 2),
  freshPositives: Math.floor(labels / 2),
  needsBothClasses: false,
  driftedFeatures: [],
  errorDrift: null,
  change: null,
  ...but,
});

export const ended = (promoted: boolean, isSure = false): RetrainingEvent => ({
  kind: 'ended',
  outcome: promoted ? 'promoted' : 'rejected',
  unseen: 0,
  isSure,
});

/** Steps through events. Returns the requests and the final state. */
export function play(
  events: readonly RetrainingEvent[],
  options: RetrainingSettings,
  from: RetrainingState = initialRetrainingState,
): { state: RetrainingState; requests: TrainingRequest[] } {
  let state = from;
  const requests: TrainingRequest[] = [];
  for (const event of events) {
    const step = stepRetraining(state, event, options);
    state = step.state;
    if (step.request !== null) requests.push(step.request);
  }
  return { state, requests };
}

/** A first model, trained on day 1. */
export const first: readonly RetrainingEvent[] = [boundary(days(1), 100), ended(true)];
