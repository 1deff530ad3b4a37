// Parameters of a search (control path).
import { isDeepStrictEqual } from 'node:util';
import { DURATION_MS_MAX } from '../../../core/topology-limits.ts';
import { shown } from '../../../core/option-checks.ts';
import { days } from '../../../core/time.ts';
import type { Trainer } from '../../trainer.ts';

/** A trainer as a worker thread needs it. */
export type SearchedTrainer = Pick<Trainer, 'name' | 'module' | 'tasks' | 'params'>;

export interface SearchOptions {
  /** What is compared: trainers with their parameters; by default a set for any stream, of which those for the task compete. */
  readonly trainers?: readonly Trainer[];
  /**
   * What a search may cost: rows that all its fits learn from together, in windows. With 10, the default, ten times the time of one
   * fit on the whole window at most.
   */
  readonly windows?: number;
  /** Parts of the newest rows, each of which is predicted from the rows before it; 3. */
  readonly folds?: number;
  /** Of the trainers in a round, one in so many goes on to the next; 3. */
  readonly keepOneIn?: number;
  /** Event time after which a training searches again, ms; a week. Until then what was found is fitted. */
  readonly everyMs?: number;
  /**
   * Wall-clock time after which no fit begins and the best so far is taken, ms. Null, the default: the same rows give the same model
   * on any machine.
   */
  readonly timeoutMs?: number | null;
}

/** What a search found, in the manifest of the model: the next training reads it there. */
export interface Found {
  /** Among the trainers. */
  readonly index: number;
  /** Event time of the newest row then, ms. */
  readonly atMs: number;
}

export interface SearchParams {
  readonly trainers: readonly SearchedTrainer[];
  readonly windows: number;
  readonly folds: number;
  readonly keepOneIn: number;
  readonly everyMs: number;
  readonly timeoutMs: number | null;
  readonly found?: Found;
}

export const searchDefaults: Required<Omit<SearchOptions, 'trainers'>> = {
  windows: 10,
  folds: 3,
  keepOneIn: 3,
  everyMs: days(7),
  timeoutMs: null,
};

/** Trainers of one search: a manifest has the parameters of all. */
const SEARCHED_MAX = 64;
const FOLDS_MAX = 20;

/** Clauses about options that cannot work. */
export function searchProblems(name: string, trainers: unknown, options: typeof searchDefaults): string[] {
  const { windows, folds, keepOneIn, everyMs, timeoutMs } = options;
  const isWhole = (value: number, low: number, high: number): boolean =>
    Number.isInteger(value) && value >= low && value <= high;
  const isDuration = (value: number): boolean => value > 0 && value <= DURATION_MS_MAX;
  return [
    ...trainersProblems(name, trainers),
    ...(windows > 0 && Number.isFinite(windows)
      ? []
      : [`windows is ${shown(windows)}, not a number above 0`]),
    ...(isWhole(folds, 1, FOLDS_MAX)
      ? []
      : [`folds is ${shown(folds)}, not an integer from 1 to ${FOLDS_MAX}`]),
    ...(isWhole(keepOneIn, 2, SEARCHED_MAX)
      ? []
      : [`keepOneIn is ${shown(keepOneIn)}, not an integer of at least 2`]),
    ...(isDuration(everyMs) ? [] : [`everyMs is ${shown(everyMs)}, not a duration: give days(7), say`]),
    ...(timeoutMs === null || isDuration(timeoutMs)
      ? []
      : [`timeoutMs is ${shown(timeoutMs)}, not null or a duration: give minutes(10), say`]),
  ];
}

function trainersProblems(name: string, trainers: unknown): string[] {
  if (!Array.isArray(trainers) || trainers.length < 2)
    return [`its trainers are ${shown(trainers)}: give two at least, [gbdt(), gbdt({ leavesMax: 7 })]`];
  if (trainers.length > SEARCHED_MAX) return [`${trainers.length} trainers are more than ${SEARCHED_MAX}`];
  const strange: unknown = trainers.find((one) => !isTrainer(one));
  if (strange !== undefined) return [`${shown(strange)} is no trainer`];
  const all = trainers as readonly Trainer[]; // just checked
  if (all.some((one) => one.name === name)) return ['a search cannot be searched: list its trainers'];
  const twice = all.find((one, i) => all.slice(0, i).some((other) => isDeepStrictEqual(one, other)));
  return twice === undefined ? [] : [`trainer '${twice.name}' is listed twice with the same parameters`];
}

function isTrainer(value: unknown): value is Trainer {
  return (
    typeof value === 'object' && value !== null && 'module' in value && 'tasks' in value && 'params' in value
  );
}
