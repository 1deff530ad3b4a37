// What a definition is accepted with is enough for a training: of the most rows that it keeps some are left to fit, and some judge.
import fc from 'fast-check';
import t from 'tap';
import { anomaly, binary, type RetrainingOptions, type Task } from '../../src/index.ts';
import { GATE_ROWS_MIN, TRAINING_ROWS_MIN } from '../../src/core/loop-limits.ts';
import { cutGate, trainEndOf } from '../../src/learning/slices.ts';
import type { TrainingSet } from '../../src/ports/history.ts';
import { learningProblems } from '../../src/topology/learning-problems.ts';
import { learningSettings, type LearningSubject } from '../../src/topology/learning-settings.ts';

const subjectOf = (task: Task<never>): LearningSubject => ({
  task,
  features: [{ name: 'amount', kind: 'numeric' }],
});
const labelled = subjectOf(binary({ column: 'paid' }) as unknown as Task<never>);

function rowsOf(rowCount: number): TrainingSet {
  const labels = Float32Array.from({ length: rowCount }, (_, i) => i % 2);
  return {
    rowCount,
    width: 1,
    features: new Float32Array(rowCount),
    labels,
    scores: labels,
    eventTimeMs: Float64Array.from({ length: rowCount }, (_, i) => i),
  };
}

/** Rows that a first fit has, of the most rows that a training reads; null if they cannot be cut. */
function fittedRows(options: RetrainingOptions): { readonly fitted: number; readonly judged: number } | null {
  const { retraining } = learningSettings({ retraining: options }, labelled);
  if (retraining === undefined) throw new Error('it is on');
  const { rowsMax, gate, validationShare } = retraining;
  try {
    const cut = cutGate(rowsOf(rowsMax), gate.share, null, null);
    return { fitted: trainEndOf(cut, 0, validationShare), judged: rowsMax - cut.gateFrom };
  } catch {
    return null;
  }
}

const share = fc.double({ min: 0.001, max: 0.999, noNaN: true });
const options = fc.record({
  rowsMax: fc.integer({ min: 1, max: 600 }),
  gate: fc.record({ share }),
  validationShare: share,
});

t.test('a definition is accepted if, and only if, a training has enough rows', (t) => {
  let accepted = 0;
  fc.assert(
    fc.property(options, (retraining) => {
      const problems = learningProblems({ retraining }, labelled);
      const rows = fittedRows(retraining);
      const isPossible = rows !== null && rows.fitted >= TRAINING_ROWS_MIN && rows.judged >= GATE_ROWS_MIN;
      if (problems.length === 0) accepted += 1;
      // All rows held back is refused, although few rows are not enough to validate on.
      const isWhole = 1 - retraining.gate.share - retraining.validationShare > 0;
      if (isWhole ? (problems.length === 0) !== isPossible : problems.length === 0)
        t.fail(`${JSON.stringify(retraining)}: ${problems.join('; ')} ${JSON.stringify(rows)}`);
    }),
    { numRuns: 2_000 },
  );
  t.ok(accepted > 100, `${accepted} of 2,000 are possible`);
  t.end();
});

t.test('of the rows that an anomaly task is accepted with, one alert is due on those that judge', (t) => {
  fc.assert(
    fc.property(
      fc.double({ min: 1e-4, max: 0.1, noNaN: true }),
      fc.integer({ min: 60, max: 400_000 }),
      fc.double({ min: 0.01, max: 0.8, noNaN: true }),
      (alertRate, rowsMax, gateShare) => {
        const subject = subjectOf(anomaly({ alertRate }));
        const retraining = { rowsMax, gate: { share: gateShare } };
        const isRefused = learningProblems({ retraining }, subject).some((problem) =>
          /alerts are due/.test(problem),
        );
        const due = Math.max(GATE_ROWS_MIN, Math.floor(rowsMax * gateShare)) * alertRate;
        if (isRefused === due >= 1) t.fail(`${alertRate} ${rowsMax} ${gateShare}: ${due}`);
      },
    ),
    { numRuns: 1_000 },
  );
  t.end();
});
