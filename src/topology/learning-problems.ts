// What must hold for what a topology declares about control boundaries, drift and retraining (control path).
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { Cron } from 'croner';
import { messageOf } from '../core/errors.ts';
import { TRAINERS_MAX } from '../core/loop-limits.ts';
import { DRIFT_COUNT_MAX } from '../core/topology-limits.ts';
import {
  checkedOptions,
  duration,
  flag,
  listOf,
  nonEmptyText,
  number,
  objectWith,
  oneOfTexts,
  orNull,
  share,
  shown,
  whole,
  type OptionChecks,
} from '../core/option-checks.ts';
import type { FeatureSpec } from '../core/feature-spec.ts';
import { suggestion, unknownKeys } from '../core/unknown-keys.ts';
import type { GateSettings } from '../learning/gate.ts';
import { classWeightsCheck, samplingProblems } from '../learning/sampling/class-weights.ts';
import { ANY_TASK, type NamedFeature, type Trainer } from '../learning/trainer.ts';
import { driftProblems } from './drift-problems.ts';
import { arithmeticProblems } from './learning-arithmetic.ts';
import type {
  ControlSettings,
  DriftOptions,
  LearningOptions,
  RetrainingOptions,
  RetrainingSettings,
} from './learning-options.ts';
import { learningSettings, type LearningSubject } from './learning-settings.ts';

const control: OptionChecks<ControlSettings> = {
  everyMs: duration(),
  mode: oneOfTexts(['live', 'aligned']),
  with: listOf(objectWith(['name', 'source'], 'topology')),
};

const drift: OptionChecks<DriftOptions> = {
  intervals: whole(1, DRIFT_COUNT_MAX),
  rowsMin: whole(1),
  falseDiscoveryRate: share,
  psiFloor: number(0),
  statistics: listOf(objectWith(['name', 'kinds', 'fit'], 'statistic: use psi(), ks(), js() or chiSquare()')),
  detectors: listOf(objectWith(['name', 'open'], 'detector: use adwin() or pageHinkley()')),
};

const retraining: OptionChecks<RetrainingOptions> = {
  firstRows: whole(1),
  everyRows: orNull(whole(1)),
  growth: orNull(number(Number.MIN_VALUE)),
  everyRowsMin: orNull(whole(1)),
  schedule: orNull(nonEmptyText),
  driftedFeatures: orNull(whole(1, DRIFT_COUNT_MAX)),
  onErrorDrift: flag,
  cooldownMs: duration({ zero: true }),
  windowMs: duration(),
  rowsMax: whole(1),
  trainer: oneTrainer,
  trainers: severalTrainers,
  validationShare: number(0, 1),
  halfLifeMs: orNull(duration()),
  calibration: oneOfTexts(['auto', 'off']),
  negativesPerPositive: orNull(number(Number.MIN_VALUE)),
  classWeights: orNull(classWeightsCheck),
  seed: whole(Number.MIN_SAFE_INTEGER),
  gate: objectWith([], 'object of options'),
};

/** `0.005`, or `{ share: 0.01 }`. */
function tolerance(value: unknown): string | null {
  const isShare = typeof value === 'object' && value !== null && Object.keys(value).join() === 'share';
  return number(0)(isShare ? (value as { readonly share: unknown }).share : value);
}

const gate: OptionChecks<GateSettings> = { share, confidence: share, tolerance, refit: flag };

function oneTrainer(value: unknown): string | null {
  return isTrainer(value) ? null : `${shown(value)} is no trainer: use mlp(), or a factory of defineTrainer`;
}

function severalTrainers(value: unknown): string | null {
  if (!Array.isArray(value)) return `${shown(value)} is no list of trainers: give [mlp()], say`;
  if (value.length === 0) return 'it names no trainer';
  if (value.length > TRAINERS_MAX) return `${value.length} trainers are more than ${TRAINERS_MAX}`;
  const strange = value.map(oneTrainer).find((problem) => problem !== null);
  if (strange !== undefined) return strange;
  const trainers = value as readonly Trainer[]; // just checked
  const twice = trainers.find((one, i) =>
    trainers.slice(0, i).some((other) => isDeepStrictEqual(one, other)),
  );
  return twice === undefined ? null : `trainer '${twice.name}' is listed twice with the same parameters`;
}

function isTrainer(value: unknown): value is Trainer {
  return (
    typeof value === 'object' &&
    value !== null &&
    'module' in value &&
    typeof value.module === 'string' &&
    URL.canParse(value.module)
  );
}

/** Every problem of the options, as clauses; none if they are sound. */
export function learningProblems(options: LearningOptions, subject: LearningSubject): string[] {
  const problems: string[] = [];
  /** The options of a group that make sense. */
  const good = <O extends object>(name: string, given: unknown, checks: OptionChecks<O>): Partial<O> => {
    const { options: left, problems: found } = checkedOptions<O>(given as O, checks); // whatever it is, it is checked
    problems.push(...unknownKeys(left, Object.keys(checks), `option of ${name}`));
    for (const [path, what] of found) problems.push(`${path === '' ? name : `${name}.${path}`}: ${what}`);
    return left;
  };
  const { control: givenControl, drift: givenDrift, retraining: given } = options;
  const isOn = (group: unknown): group is boolean | undefined =>
    group === undefined || typeof group === 'boolean';
  const goodDrift = isOn(givenDrift) ? givenDrift : good('drift', givenDrift, drift);
  const { gate: givenGate = {}, ...others } = isOn(given) ? {} : good('retraining', given, retraining);
  const goodGate = good('retraining.gate', givenGate, gate);
  if (others.trainer !== undefined && others.trainers !== undefined)
    problems.push('retraining has both trainer and trainers: list all of them as trainers');
  const settings = learningSettings(
    {
      control: good('control', givenControl === undefined ? {} : givenControl, control),
      ...(goodDrift === undefined ? {} : { drift: goodDrift }),
      ...(isOn(given) ? { retraining: given ?? false } : { retraining: { ...others, gate: goodGate } }),
    },
    subject,
  );
  return [
    ...problems,
    ...driftProblems(settings.drift ?? {}),
    ...retrainingProblems(settings.retraining, subject),
    ...arithmeticProblems(settings, subject, others),
  ];
}

function retrainingProblems(settings: RetrainingSettings | undefined, subject: LearningSubject): string[] {
  if (settings === undefined) return [];
  const { gate: gateSettings, validationShare, schedule, trainers } = settings;
  const rest = 1 - gateSettings.share - validationShare;
  return [
    ...(rest > 0
      ? []
      : [
          `retraining.gate.share and retraining.validationShare leave no rows to train on: ${gateSettings.share} + ${validationShare}`,
        ]),
    ...scheduleProblems(schedule),
    ...samplingProblems(subject.task, settings),
    ...trainers.flatMap((trainer) => trainerProblems(trainer, subject)),
  ];
}

function scheduleProblems(schedule: string | null): string[] {
  if (schedule === null) return [];
  try {
    const next = new Cron(schedule, { timezone: 'UTC', paused: true }).nextRun(new Date(0));
    return next === null
      ? [`retraining.schedule '${schedule}' names no day that there is: correct it, or leave it out`]
      : [];
  } catch (error) {
    return [`retraining.schedule '${schedule}' is no cron pattern: ${messageOf(error)}`];
  }
}

function trainerProblems(
  { name, module, tasks, names = [] }: Trainer,
  { task, features }: LearningSubject,
): string[] {
  const isMissing = module.startsWith('file:') && !existsSync(fileURLToPath(module));
  return [
    ...(isMissing ? [`there is no module ${module} of trainer '${name}'`] : []),
    ...(tasks.includes(task.name) || tasks.includes(ANY_TASK)
      ? []
      : [
          `trainer '${name}' cannot train for task '${task.name}': it supports ${tasks.join(', ')}${task.output.quantiles === undefined ? '' : '; mlp(), gbdt() and external() train quantiles'}`,
        ]),
    ...names.flatMap((named) => namedProblems(name, named, features)),
  ];
}

function namedProblems(
  trainer: string,
  { parameter, feature, kind }: NamedFeature,
  features: readonly FeatureSpec[],
): string[] {
  const found = features.find(({ name }) => name === feature);
  const clause = `${parameter} of trainer '${trainer}' names '${feature}', which is`;
  if (found === undefined)
    return [
      `${clause} no feature${suggestion(
        feature,
        features.map(({ name }) => name),
      )}`,
    ];
  return kind === undefined || found.kind === kind ? [] : [`${clause} ${found.kind}, not ${kind}`];
}
