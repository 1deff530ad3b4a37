// The validation gate (control path): does the candidate beat what is running, and how sure is that?
import type { ModelMetrics, TrainingParams } from '../core/reports.ts';
import { pairedBootstrap } from '../stats/bootstrap.ts';
import { evaluate, rowLosses } from './evaluation.ts';

/** Scores that the gate compares the candidate's with. */
export interface Opponent {
  /** `champion v3`, or `base rate` for a first model. */
  readonly name: string;
  readonly scores: Float32Array;
}

export interface Judgement {
  readonly verdict: 'promote' | 'reject';
  readonly why: string;
  readonly candidate: ModelMetrics;
  readonly opponent: ModelMetrics;
}

/**
 * Promotes where the candidate's mean log loss on the slice is lower and a paired bootstrap interval rules out that it
 * is worse by more than `gateTolerance`. The slice is out of sample for both. With a tolerance of 0 only a proven win
 * counts; above 0 a likely one does, as a candidate has seen newer data: a lower mean is asked for in any case.
 */
export function judge(
  scores: Float32Array,
  labels: Float32Array,
  opponent: Opponent,
  params: TrainingParams,
  seed: number,
): Judgement {
  const candidateMetrics = evaluate(scores, labels);
  const opponentMetrics = evaluate(opponent.scores, labels);
  const { gateConfidence: confidence, gateTolerance } = params;
  const won = pairedBootstrap(rowLosses(opponent.scores, labels), rowLosses(scores, labels), {
    seed,
    confidence,
  });
  const lower = won.mean > 0;
  const safe = won.low > -gateTolerance;
  const figures =
    `log loss ${number(candidateMetrics.logLoss)} against ${number(opponentMetrics.logLoss)} of the ` +
    `${opponent.name} on ${labels.length} newest rows, lower by ${number(won.mean)} ` +
    `(${Math.round(confidence * 1_000) / 10} % interval ${number(won.low)} to ${number(won.high)}), ` +
    `AUC ${number(candidateMetrics.auc)} against ${number(opponentMetrics.auc)}`;
  let ground = `the interval stays above ${number(-gateTolerance)}`;
  if (!lower) ground = 'the log loss is not lower';
  else if (!safe) ground = `the interval reaches below ${number(-gateTolerance)}`;
  return {
    verdict: lower && safe ? 'promote' : 'reject',
    why: `${figures}: ${ground}.`,
    candidate: candidateMetrics,
    opponent: opponentMetrics,
  };
}

function number(value: number): string {
  // toFixed would write -0.0000.
  return (Math.round(value * 1e4) / 1e4 + 0).toFixed(4);
}
