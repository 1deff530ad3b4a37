// Completes what a topology declares about control boundaries, drift and retraining (control path).
import { days, hours } from '../core/time.ts';
import type { GateSettings } from '../learning/gate.ts';
import { mlp } from '../learning/trainers/mlp/mlp.ts';
import type { Task } from '../tasks/task.ts';
import type {
  ControlSettings,
  DriftSettings,
  LearningOptions,
  LearningSettings,
  RetrainingOptions,
  RetrainingSettings,
} from './learning-options.ts';

/** What the defaults depend on. */
export interface LearningSubject {
  readonly task: Task;
  readonly featureCount: number;
}

/** Fills in the defaults. */
export function learningSettings(options: LearningOptions, subject: LearningSubject): LearningSettings {
  const retraining = ifOn(options.retraining ?? false);
  const drift = ifOn(options.drift ?? retraining !== null);
  const control = options.control ?? (drift === null && retraining === null ? null : {});
  if (control === null) return {};
  const controlled: ControlSettings = { everyMs: hours(1), mode: 'live', with: [], ...given(control) };
  return {
    control: controlled,
    ...(drift === null ? {} : { drift: { ...driftDefaults(controlled), ...given(drift) } }),
    ...(retraining === null ? {} : { retraining: retrainingSettings(retraining, subject) }),
  };
}

/** An option that is undefined has its default, as one that is left out. */
function given<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}

function ifOn<T extends object>(option: T | boolean): T | Record<string, never> | null {
  if (typeof option === 'object') return option;
  return option ? {} : null;
}

function driftDefaults({ everyMs }: ControlSettings): DriftSettings {
  const intervals = Math.max(7, Math.ceil(days(1) / everyMs));
  return { intervals, rowsMin: 500, falseDiscoveryRate: 0.01, psiFloor: 0.2 };
}

function gateDefaults({ gateTolerance = 0 }: Task): GateSettings {
  return { share: 0.3, confidence: 0.9, tolerance: gateTolerance, refit: true };
}

function retrainingSettings(
  { trainer, ...options }: RetrainingOptions,
  { task, featureCount }: LearningSubject,
): RetrainingSettings {
  return {
    firstRows: 200,
    everyRows: 2_000,
    growth: options.everyRows === undefined ? 0.5 : null,
    schedule: null,
    driftedFeatures: Math.max(1, Math.ceil(featureCount / 4)),
    onErrorDrift: true,
    cooldownMs: 0,
    windowMs: days(180),
    rowsMax: 200_000,
    trainers: [trainer ?? mlp()],
    validationShare: 0.15,
    halfLifeMs: null,
    seed: 1,
    ...given(options),
    gate: { ...gateDefaults(task), ...given(options.gate ?? {}) },
  };
}
