// The module that fits gradient-boosted trees (control path, in a thread of its own).
import { z } from 'zod';
import type { Fit, FitContext, FitRequest, TrainerModule, TrainingRows } from '../../trainer.ts';
import { binRows } from './bin-rows.ts';
import { boost } from './boost.ts';
import { errorLoss, logLoss, type Loss } from './losses.ts';
import { buildModel, type Link } from './model-file.ts';
import type { GbdtParams } from './params.ts';

/** What validation chose: the rounds that a refit repeats. */
const chosenSchema = z.object({ rounds: z.number() });
type Chosen = z.infer<typeof chosenSchema>;

/** Without validation, so many rounds that their learning rates add up to this. */
const UNVALIDATED_RATE = 4;

function roundsOf({ rows, trainCount, params, chosen }: FitRequest<GbdtParams>): number {
  if (chosen !== undefined) return chosenSchema.parse(chosen).rounds;
  if (rows.rowCount > trainCount) return params.rounds;
  return Math.min(params.rounds, Math.ceil(UNVALIDATED_RATE / params.learningRate));
}

/** Penalties and least sums of leaves are in rows: weights are 1 in the mean. */
function scaledWeights({ weights }: TrainingRows, trainCount: number): Float32Array {
  let sum = 0;
  for (let row = 0; row < trainCount; row += 1) sum += weights[row] as number;
  return weights.map((weight) => (sum > 0 ? (weight * trainCount) / sum : 1));
}

function objectiveOf({ name, output, objective }: FitContext['task']): { loss: Loss; link: Link } {
  if ((objective?.kind ?? (name === 'binary' ? 'log-loss' : 'squared')) === 'log-loss')
    return { loss: logLoss, link: { kind: 'sigmoid' } };
  const delta = objective?.kind === 'huber' ? objective.delta : Infinity;
  return { loss: errorLoss(delta), link: { kind: 'clip', ...output } };
}

async function fit(request: FitRequest<GbdtParams>): Promise<Fit> {
  const { trainCount, features, params, seed, signal } = request;
  const rows = { ...request.rows, weights: scaledWeights(request.rows, trainCount) };
  const { loss, link } = objectiveOf(request.task);
  const { binned, categories } = binRows(rows, trainCount, features, params, [
    (row) => rows.labels[row] as number,
  ]);
  const rules = { ...params, rounds: roundsOf(request) };
  const boosted = await boost({ binned, labelled: rows, trainCount, loss, rules, seed, signal });
  const rounds = boosted.trees.length;
  return {
    model: buildModel({
      width: rows.width,
      features: binned.features,
      categories,
      boosted,
      link,
    }),
    summary: `Boosted ${rounds} of ${rules.rounds} rounds`,
    chosen: { rounds } satisfies Chosen,
  };
}

const trainer: TrainerModule<GbdtParams> = { validates: () => true, fit };

export default trainer;
