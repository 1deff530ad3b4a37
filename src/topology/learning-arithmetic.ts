// Combinations of learning options that can never come to anything (control path): each is refused with its arithmetic.
import {
  GATE_ROWS_MIN,
  MANIFEST_NAMES_BYTES_MAX,
  TRAINING_ROWS_MIN,
  TRAINING_VALUES_MAX,
  VALIDATION_ROWS_MIN,
} from '../core/loop-limits.ts';
import { ARTIFACT_BYTES_MAX } from '../core/model-limits.ts';
import { leastModelBytes } from '../learning/trainers/mlp/least-bytes.ts';
import { sampleRowsMax } from '../stats/row-sample.ts';
import { outputCount, outputNames } from '../tasks/outputs.ts';
import type {
  DriftSettings,
  LearningSettings,
  RetrainingOptions,
  RetrainingSettings,
} from './learning-options.ts';
import type { LearningSubject } from './learning-settings.ts';

/**
 * Clauses; none if there are enough rows for everything, and models fit into what carries them.
 * @param given options of retraining as they were declared: a default is no mistake
 */
export function arithmeticProblems(
  { drift, retraining }: LearningSettings,
  subject: LearningSubject,
  given: Partial<RetrainingOptions>,
): string[] {
  return [
    ...(retraining === undefined ? [] : rowProblems(retraining, subject)),
    ...(retraining === undefined ? [] : triggerProblems(given, retraining, subject)),
    ...(retraining === undefined ? [] : sizeProblems(retraining, subject)),
    ...(drift === undefined ? [] : sampleProblems(drift, subject)),
  ];
}

/** Triggers that can never fire. */
function triggerProblems(
  { firstRows = 0, driftedFeatures = null }: Partial<RetrainingOptions>,
  { rowsMax }: RetrainingSettings,
  { task, features }: LearningSubject,
): string[] {
  const count = features.length;
  return [
    ...(task.alerts !== undefined || firstRows <= rowsMax
      ? []
      : [
          `retraining.firstRows: the first model waits for ${firstRows} labels, and a training takes the newest ${rowsMax} (rowsMax): raise rowsMax, or lower firstRows`,
        ]),
    ...(driftedFeatures === null || count === 0 || driftedFeatures <= count
      ? []
      : [
          `retraining.driftedFeatures: ${driftedFeatures} features never drift, as there are ${count}: give ${count} or fewer, or null`,
        ]),
  ];
}

/** What a training reads and makes. */
function sizeProblems(
  { rowsMax, trainers }: RetrainingSettings,
  { task, features }: LearningSubject,
): string[] {
  const [width, outputs] = [features.length, outputCount(task.output)];
  const values = rowsMax * width;
  const ofFeatures = bytesOf(features.map(({ name }) => name));
  const ofOutputs = bytesOf(outputNames(task.output) ?? []);
  const names = 2 * ofFeatures + ofOutputs;
  return [
    ...(values <= TRAINING_VALUES_MAX
      ? []
      : [
          `retraining.rowsMax: ${rowsMax} rows of ${width} features are ${values} numbers, and a training holds ${TRAINING_VALUES_MAX}: give rowsMax ${Math.floor(TRAINING_VALUES_MAX / width)} or less`,
        ]),
    ...(names <= MANIFEST_NAMES_BYTES_MAX
      ? []
      : [
          `the names of ${width} features have ${ofFeatures} bytes and those of ${outputs} outputs ${ofOutputs}, and a model's manifest, which has those of features twice, has room for ${MANIFEST_NAMES_BYTES_MAX}: shorten them`,
        ]),
    ...trainers.flatMap((trainer) => {
      const bytes = leastModelBytes(trainer, width, outputs);
      return bytes <= ARTIFACT_BYTES_MAX
        ? []
        : [
            `trainer '${trainer.name}': a network from ${width} features to ${outputs === 1 ? 'one output' : `${outputs} outputs`} with such hidden layers has ${bytes} bytes, and a model file at most ${ARTIFACT_BYTES_MAX}: make hidden smaller`,
          ];
    }),
  ];
}

function bytesOf(names: readonly string[]): number {
  return names.reduce((sum, name) => sum + Buffer.byteLength(name), 0);
}

/** Rows that the gate of a training with the most rows judges on. */
function gateRows({ rowsMax, gate }: RetrainingSettings): number {
  return Math.max(GATE_ROWS_MIN, Math.floor(rowsMax * gate.share));
}

function rowProblems(settings: RetrainingSettings, { task }: LearningSubject): string[] {
  const { rowsMax, gate, validationShare } = settings;
  const most = TRAINING_ROWS_MIN + GATE_ROWS_MIN;
  if (rowsMax < most)
    return [
      `retraining.rowsMax: of ${rowsMax} rows no model is trained, which takes ${TRAINING_ROWS_MIN} to fit and ${GATE_ROWS_MIN} to judge on`,
    ];
  const judged = gateRows(settings);
  const wanted = task.alerts === undefined ? Math.floor(rowsMax * validationShare) : 0;
  const validated = wanted < VALIDATION_ROWS_MIN ? 0 : wanted;
  const left = rowsMax - judged - validated;
  // As it is refused otherwise: rounding must not let it through here and there.
  const isWhole = 1 - gate.share - validationShare > 0;
  return [
    ...(left >= TRAINING_ROWS_MIN || !isWhole
      ? []
      : [
          `retraining.rowsMax: of ${rowsMax} rows the gate takes ${judged} and validation ${validated}, which leaves ${left} to fit, and a model takes ${TRAINING_ROWS_MIN}: raise rowsMax, or lower gate.share or validationShare`,
        ]),
    ...alertProblems(settings, task.alerts?.rate ?? null, judged),
  ];
}

/** By rows on which not even one alert is due, a model that never alerts is as good as any. */
function alertProblems({ rowsMax, gate }: RetrainingSettings, rate: number | null, judged: number): string[] {
  if (rate === null || judged * rate >= 1) return [];
  const due = Number((judged * rate).toPrecision(2));
  return [
    `retraining.rowsMax: of ${rowsMax} rows the gate judges on ${judged} (gate.share ${gate.share}), on which ${due} alerts are due at an alertRate of ${rate}, and it needs one: give rowsMax ${Math.ceil(1 / (rate * gate.share))} or more`,
  ];
}

/** A window of drift is made of samples, whose rows are bounded by their bytes. */
function sampleProblems({ rowsMin, intervals }: DriftSettings, { features }: LearningSubject): string[] {
  const rows = sampleRowsMax(features.length);
  if (features.length === 0 || rowsMin <= rows * intervals) return [];
  return [
    `drift.rowsMin: a window never has ${rowsMin} rows: of ${features.length} features a sample has ${rows} at most, and ${intervals} intervals have ${rows * intervals}`,
  ];
}
