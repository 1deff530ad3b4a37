// The module that searches (control path, in a thread of its own).
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { messageOf } from '../../../core/errors.ts';
import { loadTrainer } from '../../load-trainer.ts';
import { nth } from '../../nth.ts';
import { ANY_TASK, type Fit, type FitRequest, type TrainerModule } from '../../trainer.ts';
import { rowsLearnt } from './folds.ts';
import type { Found, SearchedTrainer, SearchParams } from './params.ts';
import { rungsOf } from './rungs.ts';
import { trialLoss } from './trial.ts';

/** What a search has found, and what that trainer chose; in an array, as undefined is a choice that JSON has not. */
const chosenSchema = z.object({
  found: z.object({ index: z.number(), atMs: z.number() }),
  own: z.array(z.unknown()),
});
const foundSchema = z.object({ found: chosenSchema.shape.found, trainers: z.unknown() });

interface Trial {
  readonly index: number;
  readonly loss: number;
  /** Why it failed, if it did. */
  readonly failure: string | null;
}

interface Outcome {
  readonly found: Found;
  /** For the verdict. */
  readonly text: string;
  /** Every trial. */
  readonly log: string;
}

/** What the champion's manifest says was found, if that is of the same trainers and not too long ago; null else. */
function knownFrom({ champion, params, rows, task }: FitRequest<SearchParams>): Found | null {
  if (champion?.trainer?.name !== 'search') return null;
  const { data } = foundSchema.safeParse(champion.trainer.params);
  if (data === undefined || !isDeepStrictEqual(namesOf(data.trainers), namesOf(params.trainers))) return null;
  const isFresh = newestMs(rows) - data.found.atMs < params.everyMs;
  return isFresh && competing(params.trainers, task.name).includes(data.found.index) ? data.found : null;
}

/** Indices of the trainers that train for the task. */
function competing(trainers: readonly SearchedTrainer[], task: string): number[] {
  return [...trainers.keys()].filter((index) => {
    const { tasks } = nth(trainers, index);
    return tasks.includes(task) || tasks.includes(ANY_TASK);
  });
}

/** Without their modules: another version of Millrace may be in another folder. */
function namesOf(trainers: unknown): unknown {
  if (!Array.isArray(trainers)) return null;
  return (trainers as readonly SearchedTrainer[]).map(({ name, params }) => ({ name, params }));
}

function newestMs({ eventTimeMs, rowCount }: FitRequest['rows']): number {
  return eventTimeMs[rowCount - 1] ?? 0;
}

async function searched(request: FitRequest<SearchParams>): Promise<Outcome> {
  const { params, rows } = request;
  const { trainers, windows, folds, keepOneIn, timeoutMs } = params;
  const endMs = timeoutMs === null ? Infinity : performance.now() + timeoutMs;
  const cost = (count: number): number => rowsLearnt(count, folds);
  const all = competing(trainers, request.task.name);
  const rungs = rungsOf(all.length, rows.rowCount, keepOneIn, cost, windows * rows.rowCount);
  let left = all;
  const lines: string[] = [];
  let count = 0;
  let lowest = Infinity;
  for (const [at, { rows: rowCount }] of rungs.entries()) {
    const trials: Trial[] = [];
    for (const index of left) {
      if (performance.now() >= endMs) break;
      const trial = await tried(request, index, rowCount);
      trials.push(trial);
      lines.push(`round ${at + 1}, ${rowCount} rows, ${titleOf(trainers, index)}: ${resultText(trial)}`);
    }
    if (trials.length === 0) break;
    count += trials.length;
    // What all fail for, the fit on all rows may not: a class without rows in a fold, say.
    if (trials.every(({ failure }) => failure !== null)) break;
    trials.sort((a, b) => a.loss - b.loss || a.index - b.index);
    lowest = nth(trials, 0).loss;
    left = trials.slice(0, Math.ceil(left.length / keepOneIn)).map(({ index }) => index);
    if (performance.now() >= endMs) break;
  }
  const found = { index: nth(left, 0), atMs: newestMs(rows) };
  const loss = Number.isFinite(lowest) ? ` at a loss of ${figure(lowest)}` : '';
  return {
    found,
    text: `found by ${count} trials of ${all.length} trainers${loss}`,
    log: lines.join('\n'),
  };
}

async function tried(request: FitRequest<SearchParams>, index: number, rowCount: number): Promise<Trial> {
  try {
    const loss = await trialLoss(nth(request.params.trainers, index), request, rowCount);
    if (Number.isFinite(loss)) return { index, loss, failure: null };
    return { index, loss: Infinity, failure: 'its scores are not finite numbers' };
  } catch (error) {
    if (request.signal.aborted) throw error;
    return { index, loss: Infinity, failure: messageOf(error) };
  }
}

/** The trainer with the parameters by which it differs from others of its name: `gbdt {"leavesMax":7}`. */
function titleOf(trainers: readonly SearchedTrainer[], index: number): string {
  const { name, params } = nth(trainers, index);
  const others = trainers.filter((one, i) => i !== index && one.name === name);
  const valueOf = (one: object, key: string): unknown =>
    new Map<string, unknown>(Object.entries(one)).get(key);
  const own = Object.entries(params).filter(([key, value]) =>
    others.some((one) => !isDeepStrictEqual(valueOf(one.params, key), value)),
  );
  return own.length === 0 ? name : `${name} ${JSON.stringify(Object.fromEntries(own))}`;
}

function resultText({ loss, failure }: Trial): string {
  return failure === null ? `loss ${figure(loss)}` : `failed: ${failure}`;
}

function figure(loss: number): string {
  return String(Number(loss.toPrecision(5)));
}

async function fit(request: FitRequest<SearchParams>): Promise<Fit> {
  const { params, chosen: given, ...rest } = request;
  const repeated = given === undefined ? null : chosenSchema.parse(given);
  const known = repeated?.found ?? knownFrom(request);
  const outcome = known === null ? await searched(request) : null;
  const found = known ?? (outcome as Outcome).found; // one of both
  const trainer = nth(params.trainers, found.index);
  const module = await loadTrainer(trainer);
  const own = { ...rest, params: trainer.params, champion: null };
  const fitted = await module.fit(repeated === null ? own : { ...own, chosen: nth(repeated.own, 0) });
  const how = outcome?.text ?? `found on ${new Date(found.atMs).toISOString().slice(0, 10)}`;
  const logs = [outcome?.log, fitted.log].filter((log) => log !== undefined);
  return {
    model: fitted.model,
    summary: `${titleOf(params.trainers, found.index)}, ${how}: ${fitted.summary}`,
    chosen: { found, own: [fitted.chosen] },
    params: { ...params, found } satisfies SearchParams,
    ...(logs.length === 0 ? {} : { log: logs.join('\n') }),
  };
}

const trainer: TrainerModule<SearchParams> = { validates: () => true, fitsOnce: () => true, fit };

export default trainer;
