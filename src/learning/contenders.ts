// Which of several fits is the candidate (control path), and what the verdict says of the others.
import { figureText } from '../tasks/figures.ts';
import type { Entrant } from './entrants.ts';
import { sureGain } from './loss-gain.ts';
import type { Assessment, TaskFacts } from './task-calls.ts';
import type { Fit, Trainer } from './trainer.ts';

/** A fit on the gate's slice. */
export interface Assessed {
  /** All outputs of its rows. */
  readonly scores: Float32Array;
  readonly assessment: Assessment;
  /** Mean loss. */
  readonly loss: number;
}

export interface Contender extends Assessed {
  /** For the verdict: `from the champion`, and if several trainers compete, `mlp from the champion`. */
  readonly title: string;
  readonly entrant: Entrant;
  /** Whether it is several fits as one model. */
  readonly isJoint: boolean;
  /** What made it, for the manifest. */
  readonly trainer: Pick<Trainer, 'name' | 'params'>;
  readonly fit: Fit;
  /** The same fit on all rows up to `trainEnd`, the gate's included. */
  readonly refit: (trainEnd: number) => Promise<Fit>;
}

/**
 * Beyond two standard errors, a later contender must be better in sum by the loss of so many rows: on a few that come one after
 * another, in one storm, all parts say the same.
 */
const ROWS_WON_MIN = 20;
/** And by such a share if it has seen fewer rows: what is true of a storm alone is better by less than what is true from now on. */
const SHARE_WON_MIN = 0.1;

/**
 * Of two contenders the later one if it is surely better: what is listed first has seen the most, and the best of several on few
 * rows, or in one storm, is the luckiest of them.
 */
export function better(first: Contender, second: Contender): Contender {
  const gain = sureGain(first.assessment.losses, second.assessment.losses);
  if (gain === null) return first;
  const rows = first.assessment.losses.length;
  const share = second.entrant.from > first.entrant.from ? SHARE_WON_MIN : 0;
  return gain > Math.max(ROWS_WON_MIN / rows, share) * first.loss ? second : first;
}

/** Of each trainer the fit that it would be alone, without those that another one surely beats. */
export function firstsOf(groups: ReadonlyArray<readonly Contender[]>): Contender[] {
  const bests = groups.filter(({ length }) => length > 0).map((own) => own.reduce(better));
  return bests.filter((one) => bests.every((other) => better(one, other) === one));
}

/**
 * The candidate. Fits of several trainers together take the place of the best single one if their mean loss is lower, surely or
 * not: a mean of models that err apart rarely is the luckier one, it has less variance than each.
 */
export function chosenOf(contenders: readonly Contender[]): Contender {
  const single = contenders.filter(({ isJoint }) => !isJoint).reduce(better);
  return contenders.reduce((best, other) => (other.isJoint && other.loss < best.loss ? other : best), single);
}

/** What competed beside the best one, with the mean loss on the gate's slice. */
export function othersText(
  contenders: readonly Contender[],
  best: Contender,
  { loss }: Pick<TaskFacts, 'loss'>,
): string {
  const others = contenders.filter((contender) => contender !== best);
  if (others.length === 0) return '';
  const texts = others.map(({ title, loss: reached }) => `${title} ${figureText(loss, reached)}`);
  return ` It was chosen of ${contenders.length}: ${texts.join(', ')}.`;
}

/** Logs of all fits that have one, each under a heading; null if none has. */
export function logsText(
  contenders: ReadonlyArray<Pick<Contender, 'title' | 'fit'>>,
  refit: Fit | null,
): string | null {
  const logs = contenders.map(({ title, fit }) => [title, fit.log] as const);
  const all = [...logs, ['fitted again on all rows', refit?.log] as const];
  const texts = all.flatMap(([title, log]) =>
    log === undefined || log.trim() === '' ? [] : [`== ${title} ==\n${log.trimEnd()}\n`],
  );
  return texts.length === 0 ? null : texts.join('\n');
}

/** Empty if there is one trainer; `mlp 2` for the second of a name. */
export function titleOf(trainers: readonly Trainer[], at: number): string {
  if (trainers.length === 1) return '';
  const name = trainers[at]?.name ?? '';
  const before = trainers.slice(0, at).filter((other) => other.name === name).length;
  return before === 0 ? name : `${name} ${before + 1}`;
}
