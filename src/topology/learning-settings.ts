// Completes and checks what a topology declares about control boundaries, drift and retraining (control path).
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Cron } from 'croner';
import { messageOf } from '../core/errors.ts';
import { days, hours } from '../core/time.ts';
import { unknownKeys } from '../core/unknown-keys.ts';
import type { GateSettings } from '../learning/gate.ts';
import type { Trainer } from '../learning/trainer.ts';
import { mlp } from '../learning/trainers/mlp/mlp.ts';
import type { Task } from '../tasks/task.ts';
import { driftProblems } from './drift-problems.ts';
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
  options: RetrainingOptions,
  { task, featureCount }: LearningSubject,
): RetrainingSettings {
  return {
    firstRows: 2_000,
    everyRows: 5_000,
    schedule: null,
    driftedFeatures: Math.max(1, Math.ceil(featureCount / 4)),
    onErrorDrift: true,
    cooldownMs: days(1),
    windowMs: days(180),
    rowsMax: 200_000,
    trainer: mlp(),
    validationShare: 0.15,
    halfLifeMs: null,
    seed: 1,
    ...given(options),
    gate: { ...gateDefaults(task), ...given(options.gate ?? {}) },
  };
}

/** Every problem of the options, as clauses; none if they are sound. */
export function learningProblems(options: LearningOptions, subject: LearningSubject): string[] {
  const complete = learningSettings({ control: {}, drift: true, retraining: true }, subject);
  const strangers = (
    given: object | boolean | undefined,
    known: object | undefined,
    what: string,
  ): string[] =>
    typeof given === 'object' ? unknownKeys(given, Object.keys(known ?? {}), `option of ${what}`) : [];
  const { control, drift, retraining } = options;
  const gate = typeof retraining === 'object' ? retraining.gate : undefined;
  const unknown = [
    ...strangers(control, complete.control, 'control'),
    ...strangers(drift, { ...complete.drift, statistics: [], detectors: [] }, 'drift'),
    ...strangers(retraining, complete.retraining, 'retraining'),
    ...strangers(gate, complete.retraining?.gate, 'retraining.gate'),
  ];
  if (unknown.length > 0) return unknown;
  const settings = learningSettings(options, subject);
  return [
    ...controlProblems(settings.control),
    ...windowProblems(settings.drift),
    ...driftProblems(settings.drift ?? {}),
    ...retrainingProblems(settings.retraining, subject.task),
  ];
}

function controlProblems(control: ControlSettings | undefined): string[] {
  if (control === undefined) return [];
  return [
    ...require(control.everyMs > 0, `control.everyMs is ${control.everyMs}`),
    ...require(['live', 'aligned'].includes(control.mode), `control.mode is '${control.mode}'`),
  ];
}

function windowProblems(drift: DriftSettings | undefined): string[] {
  if (drift === undefined) return [];
  const { intervals, rowsMin, falseDiscoveryRate } = drift;
  return [
    ...require(Number.isInteger(intervals) && intervals >= 1, `drift.intervals is ${intervals}`),
    ...require(rowsMin >= 1, `drift.rowsMin is ${rowsMin}`),
    ...require(isShare(falseDiscoveryRate), `drift.falseDiscoveryRate is ${falseDiscoveryRate}`),
  ];
}

function retrainingProblems(retraining: RetrainingSettings | undefined, task: Task): string[] {
  if (retraining === undefined) return [];
  const { gate, validationShare, halfLifeMs, firstRows, everyRows, rowsMax, windowMs, trainer } = retraining;
  const name = 'retraining';
  return [
    ...require(firstRows >= 1, `${name}.firstRows is ${firstRows}`),
    ...require(everyRows === null || everyRows >= 1, `${name}.everyRows is ${everyRows}`),
    ...require(rowsMax >= 1, `${name}.rowsMax is ${rowsMax}`),
    ...require(windowMs > 0, `${name}.windowMs is ${windowMs}`),
    ...require(halfLifeMs === null || halfLifeMs > 0, `${name}.halfLifeMs is ${halfLifeMs}`),
    ...require(isShare(gate.share), `${name}.gate.share is ${gate.share}, not a share between 0 and 1`),
    ...require(isShare(gate.confidence), `${name}.gate.confidence is ${gate.confidence}`),
    ...require(gate.tolerance >= 0, `${name}.gate.tolerance is ${gate.tolerance}, below 0`),
    ...require(validationShare >= 0 &&
      gate.share + validationShare <
        1, `${name}.gate.share and ${name}.validationShare leave no rows to train on: ${gate.share} + ${validationShare}`),
    ...require(retraining.cooldownMs >= 0, `${name}.cooldownMs is ${retraining.cooldownMs}, below 0`),
    ...scheduleProblems(retraining.schedule),
    ...trainerProblems(trainer, task),
  ];
}

function scheduleProblems(schedule: string | null): string[] {
  try {
    const cron = schedule === null ? null : new Cron(schedule, { paused: true });
    cron?.stop();
    return [];
  } catch (error) {
    return [`retraining.schedule '${schedule}' is no cron pattern: ${messageOf(error)}`];
  }
}

function trainerProblems({ name, module, tasks }: Trainer, task: Task): string[] {
  if (!URL.canParse(module))
    return ['retraining.trainer is no trainer: use mlp(), or a factory of defineTrainer'];
  const isMissing = module.startsWith('file:') && !existsSync(fileURLToPath(module));
  return [
    ...require(!isMissing, `there is no module ${module} of trainer '${name}'`),
    ...require(tasks.includes(
      task.name,
    ), `trainer '${name}' cannot train for task '${task.name}': it supports ${tasks.join(', ')}`),
  ];
}

function isShare(value: number): boolean {
  return value > 0 && value < 1;
}

/** The clause as the one problem unless the condition holds. */
function require(holds: boolean, problem: string): string[] {
  return holds ? [] : [problem];
}
