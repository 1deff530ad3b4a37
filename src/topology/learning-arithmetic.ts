// Combinations of learning options that can never come to anything (control path): each is refused with its arithmetic.
import { GATE_ROWS_MIN, TRAINING_ROWS_MIN, VALIDATION_ROWS_MIN } from '../core/limits.ts';
import { sampleRowsMax } from '../stats/row-sample.ts';
import type { DriftSettings, LearningSettings, RetrainingSettings } from './learning-options.ts';
import type { LearningSubject } from './learning-settings.ts';

/** Clauses; none if there are enough rows for everything. */
export function arithmeticProblems(
  { drift, retraining }: LearningSettings,
  subject: LearningSubject,
): string[] {
  return [
    ...(retraining === undefined ? [] : rowProblems(retraining, subject)),
    ...(drift === undefined ? [] : sampleProblems(drift, subject)),
  ];
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
  const isWhole = gate.share + validationShare < 1;
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
