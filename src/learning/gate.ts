// The validation gate (control path): does the candidate beat its opponent, and how sure is that?
import { type DifferenceInterval, pairedBootstrap } from '../stats/bootstrap.ts';
import { meanOf } from '../stats/mean.ts';
import { figureText, headline } from '../tasks/figures.ts';
import type { Tolerance } from '../tasks/task.ts';
import type { Assessment, TaskFacts } from './task-calls.ts';

export interface GateSettings {
  /** Share of the fresh rows, the newest of them, that the gate judges on. */
  readonly share: number;
  /** Chance that the gate's interval covers the true difference of the mean loss. */
  readonly confidence: number;
  /** How much worse than the opponent the interval's unlucky end may be, in units of the loss, or as a share of its mean loss; with 0 only a proven win counts. */
  readonly tolerance: Tolerance;
  /** Whether a candidate that passes is fitted once more on all rows, the gate's included. */
  readonly refit: boolean;
}

/** What the gate compares the candidate with. */
export interface Opponent extends Assessment {
  /** `champion v3`, or the task's baseline for a first model: `base rate`. */
  readonly name: string;
}

export interface Judgement {
  readonly verdict: 'promote' | 'reject';
  readonly why: string;
  readonly gain: DifferenceInterval;
}

/**
 * Promotes the candidate if its mean loss on the slice is lower and a paired bootstrap interval rules out that it is
 * worse by more than the tolerance. The slice is out of sample for both. With a tolerance of 0 only a proven win counts;
 * above 0 a likely one does, since a candidate has seen newer data: its mean must be lower in any case.
 */
export function judge(
  task: TaskFacts,
  candidate: Assessment,
  opponent: Opponent,
  { confidence, tolerance }: GateSettings,
  seed: number,
): Judgement {
  const won = pairedBootstrap(opponent.losses, candidate.losses, { seed, confidence });
  const isLower = won.mean > 0;
  const worseMax = typeof tolerance === 'number' ? tolerance : tolerance.share * meanOf(opponent.losses);
  const isSafe = won.low > -worseMax;
  const { loss } = task;
  const number = (value: number): string => figureText(loss, value);
  const others = headline(task)
    .filter(({ name }) => name !== loss.name)
    .map((spec) => {
      const [own, other] = [candidate.figures[spec.name], opponent.figures[spec.name]];
      return `, ${spec.title} ${figureText(spec, own)} against ${figureText(spec, other)}`;
    });
  const figures =
    `${loss.title} ${number(meanOf(candidate.losses))} against ${number(meanOf(opponent.losses))} of the ` +
    `${opponent.name} on ${candidate.losses.length} newest rows, lower by ${number(won.mean)} ` +
    `(${Math.round(confidence * 1_000) / 10} % interval ${number(won.low)} to ${number(won.high)})${others.join('')}`;
  let ground = `the interval stays above ${number(-worseMax)}`;
  if (!isLower) ground = `the ${loss.title} is not lower`;
  else if (!isSafe) ground = `the interval reaches below ${number(-worseMax)}`;
  return { verdict: isLower && isSafe ? 'promote' : 'reject', why: `${figures}: ${ground}.`, gain: won };
}
