// Completes what a topology declares about control boundaries, drift and retraining (control path).
import type { FeatureSpec } from '../core/feature-spec.ts';
import { days, hours } from '../core/time.ts';
import type { GateSettings } from '../learning/gate.ts';
import { isolationForest } from '../learning/trainers/isolation/isolation-forest.ts';
import { gbdt } from '../learning/trainers/gbdt/gbdt.ts';
import type { Trainer } from '../learning/trainer.ts';
import { logistic } from '../learning/trainers/logistic/logistic.ts';
import { mlp } from '../learning/trainers/mlp/mlp.ts';
import { outputCount } from '../tasks/outputs.ts';
import type { Task, TaskAlerts } from '../tasks/task.ts';
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
  readonly features: readonly FeatureSpec[];
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

/** Alerts on which a first model can be judged. */
const ALERTS_MIN = 20;

/** Every prediction is a row: a model is fitted again when there are twice as many, or when features have drifted. */
function unlabelledDefaults(
  { rate }: TaskAlerts,
  { everyRows }: RetrainingOptions,
): Pick<RetrainingSettings, 'firstRows' | 'everyRows' | 'growth' | 'everyRowsMin'> {
  const firstRows = Math.max(1_000, Math.ceil(ALERTS_MIN / rate));
  return { firstRows, everyRows: null, growth: everyRows === undefined ? 1 : null, everyRowsMin: null };
}

/** Fewer and larger steps than by default: each tree is run for every event, and their file stays within a model update. */
const FEW_TREES = { rounds: 300, learningRate: 0.1 } as const;
/** Classes for which a round of trees, and a step of all coefficients, is not too long. */
const OUTPUTS_MAX = 10;

/** A network, trees and a linear model, which err apart: together they are often better than each. */
function trainersOf({ alerts, name, output }: Task): Trainer[] {
  if (alerts !== undefined) return [isolationForest()];
  const others = [gbdt(FEW_TREES), logistic()].filter(({ tasks }) => tasks.includes(name));
  return [mlp(), ...(outputCount(output) <= OUTPUTS_MAX ? others : [])];
}

function retrainingSettings(
  { trainer, ...options }: RetrainingOptions,
  { task, features }: LearningSubject,
): RetrainingSettings {
  return {
    firstRows: 200,
    everyRows: 2_000,
    growth: options.everyRows === undefined ? 0.5 : null,
    everyRowsMin: options.everyRows === undefined ? 500 : null,
    ...(task.alerts === undefined ? {} : unlabelledDefaults(task.alerts, options)),
    schedule: null,
    driftedFeatures: Math.max(1, Math.ceil(features.length / 4)),
    onErrorDrift: true,
    cooldownMs: 0,
    windowMs: days(180),
    rowsMax: 200_000,
    trainers: trainer === undefined ? trainersOf(task) : [trainer],
    validationShare: 0.15,
    halfLifeMs: null,
    calibration: 'auto',
    negativesPerPositive: null,
    classWeights: null,
    seed: 1,
    ...given(options),
    gate: { ...gateDefaults(task), ...given(options.gate ?? {}) },
  };
}
