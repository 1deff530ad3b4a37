// The validation gate (control path): does the candidate beat its opponent, and how sure is that?
import type { Figures, TrainingParams } from '../core/reports.ts';
import { pairedBootstrap } from '../stats/bootstrap.ts';
import { figureText, headline, rowLosses, sliceFigures } from '../tasks/figures.ts';
import type { Task } from '../tasks/task.ts';

/** Scores that the gate compares the candidate's with. */
export interface Opponent {
  /** `champion v3`, or the task's baseline for a first model: `base rate`. */
  readonly name: string;
  readonly scores: Float32Array;
}

export interface Judgement {
  readonly verdict: 'promote' | 'reject';
  readonly why: string;
  readonly candidate: Figures;
  readonly opponent: Figures;
}

/**
 * Promotes the candidate if its mean loss on the slice is lower and a paired bootstrap interval rules out that it is
 * worse by more than `gateTolerance`. The slice is out of sample for both. With a tolerance of 0 only a proven win
 * counts; above 0 a likely one does, since a candidate has seen newer data: its mean must be lower in any case.
 */
export function judge(
  task: Task,
  scores: Float32Array,
  labels: Float32Array,
  opponent: Opponent,
  params: TrainingParams,
  seed: number,
): Judgement {
  const { gateConfidence: confidence, gateTolerance } = params;
  const losses = {
    candidate: rowLosses(task, scores, labels),
    opponent: rowLosses(task, opponent.scores, labels),
  };
  const won = pairedBootstrap(losses.opponent, losses.candidate, { seed, confidence });
  const candidate = sliceFigures(task, scores, labels);
  const judged = { candidate, opponent: sliceFigures(task, opponent.scores, labels) };
  const isLower = won.mean > 0;
  const isSafe = won.low > -gateTolerance;
  const { loss } = task;
  const number = (value: number): string => figureText(loss, value);
  const figures = [
    `${loss.title} ${number(mean(losses.candidate))} against ${number(mean(losses.opponent))} of the ` +
      `${opponent.name} on ${labels.length} newest rows, lower by ${number(won.mean)} ` +
      `(${Math.round(confidence * 1_000) / 10} % interval ${number(won.low)} to ${number(won.high)})`,
    ...headline(task)
      .filter(({ name }) => name !== loss.name)
      .map(
        (spec) =>
          `${spec.title} ${figureText(spec, judged.candidate[spec.name])} against ${figureText(spec, judged.opponent[spec.name])}`,
      ),
  ].join(', ');
  let ground = `the interval stays above ${number(-gateTolerance)}`;
  if (!isLower) ground = `the ${loss.title} is not lower`;
  else if (!isSafe) ground = `the interval reaches below ${number(-gateTolerance)}`;
  return { verdict: isLower && isSafe ? 'promote' : 'reject', why: `${figures}: ${ground}.`, ...judged };
}

function mean(losses: Float64Array): number {
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
}
