// The module that fits gradient-boosted trees (control path, in a thread of its own).
import { z } from 'zod';
import { objectiveOf } from '../../objective.ts';
import type { Fit, FitRequest, TrainerModule, TrainingRows } from '../../trainer.ts';
import { nth } from '../../nth.ts';
import { binRows } from './bin-rows.ts';
import { boost, type Boosted } from './boost.ts';
import { crossEntropy, errorLoss, logLoss, type Loss } from './losses.ts';
import { buildModel, type Link } from './model-file.ts';
import type { GbdtParams } from './params.ts';
import { quantileLoss } from './pinball.ts';

/** What validation chose: the rounds that a refit repeats, of values that are boosted apart those of each. */
const chosenSchema = z.object({ rounds: z.array(z.number()) });
type Chosen = z.infer<typeof chosenSchema>;

/** Without validation, so many rounds that their learning rates add up to this. */
const UNVALIDATED_RATE = 4;

/** Classes whose shares order the categories. */
const TARGET_CLASSES_MAX = 8;

/** @param at of the losses */
function roundsOf({ rows, trainCount, params, chosen }: FitRequest<GbdtParams>, at: number): number {
  if (chosen !== undefined) return nth(chosenSchema.parse(chosen).rounds, at);
  if (rows.rowCount > trainCount) return params.rounds;
  return Math.min(params.rounds, Math.ceil(UNVALIDATED_RATE / params.learningRate));
}

/** Penalties and least sums of leaves are in rows: weights are 1 in the mean. */
function scaledWeights({ weights }: TrainingRows, trainCount: number): Float32Array {
  let sum = 0;
  for (let row = 0; row < trainCount; row += 1) sum += weights[row] as number;
  return weights.map((weight) => (sum > 0 ? (weight * trainCount) / sum : 1));
}

/** What is boosted, what becomes of it, and by which targets categories are ordered. */
interface Aim {
  /** Each is boosted apart: quantiles at the ends need fewer rounds than a mean. */
  readonly losses: readonly Loss[];
  readonly link: Link;
  readonly targets: ReadonlyArray<(row: number) => number>;
}

function aimOf({ task, rows, trainCount }: FitRequest<GbdtParams>): Aim {
  const { output } = task;
  const objective = objectiveOf(task);
  const label = (row: number): number => rows.labels[row] as number;
  if (objective.kind === 'cross-entropy') {
    const targets = frequentClasses(rows.labels.subarray(0, trainCount), objective.classes).map(
      (index) => (row: number) => (label(row) === index ? 1 : 0),
    );
    return { losses: [crossEntropy(objective.classes)], link: { kind: 'softmax' }, targets };
  }
  if (objective.kind === 'log-loss')
    return { losses: [logLoss], link: { kind: 'sigmoid' }, targets: [label] };
  const { value, levels } = objective.kind === 'quantiles' ? objective : { value: objective, levels: [] };
  const delta = value.kind === 'huber' ? value.delta : Infinity;
  return {
    losses: [errorLoss(delta), ...levels.map(quantileLoss)],
    link: { kind: 'clip', low: output.low, high: output.high },
    targets: [label],
  };
}

/** Each category is a number for each of these. */
function frequentClasses(labels: Float32Array, classes: number): number[] {
  const counts = new Float64Array(classes);
  for (const label of labels) counts[label] = (counts[label] as number) + 1;
  const order = [...counts.keys()].sort((a, b) => (counts[b] as number) - (counts[a] as number) || a - b);
  return order.slice(0, TARGET_CLASSES_MAX);
}

async function fit(request: FitRequest<GbdtParams>): Promise<Fit> {
  const { trainCount, features, params, seed, signal } = request;
  const rows = { ...request.rows, weights: scaledWeights(request.rows, trainCount) };
  const { losses, link, targets } = aimOf(request);
  const { binned, categories } = binRows(rows, trainCount, features, params, targets);
  const limits = losses.map((_, i) => roundsOf(request, i));
  const boosted: Boosted[] = [];
  for (const [i, loss] of losses.entries()) {
    const rules = { ...params, rounds: nth(limits, i) };
    boosted.push(await boost({ binned, labelled: rows, trainCount, loss, rules, seed, signal }));
  }
  const rounds = boosted.map(({ trees }) => trees.length);
  return {
    model: buildModel({
      width: rows.width,
      features: binned.features,
      categories,
      boosted,
      link,
    }),
    summary: `Boosted ${rounds.join(', ')} of ${[...new Set(limits)].join(', ')} rounds`,
    chosen: { rounds } satisfies Chosen,
  };
}

const trainer: TrainerModule<GbdtParams> = { validates: () => true, fit };

export default trainer;
