// The module that fits linear models (control path, in a thread of its own).
import { z } from 'zod';
import { VOCABULARIES_MAX } from '../../../core/loop-limits.ts';
import { meanOf } from '../../../stats/mean.ts';
import type { Fit, FitRequest, TrainerModule } from '../../trainer.ts';
import { nth } from '../../nth.ts';
import { encodeRows } from '../encoding/encoded-set.ts';
import { embeddingOffsets } from '../encoding/encoding.ts';
import { fitEncoding } from '../encoding/fit-encoding.ts';
import { FIRST_NOISE, noisy, type LabelNoise } from './label-noise.ts';
import { huber, logistic, softmax, squared, type RowLoss } from './losses.ts';
import { buildModel, type Output } from './model-file.ts';
import type { LogisticParams } from './params.ts';
import { linearRows, meanLoss, outputSize } from './penalised-loss.ts';
import { solve, solveNoisy, type Fitted, type NoisyFit, type Problem } from './solve.ts';

/** What validation chose. */
const chosenSchema = z.object({
  l2: z.number(),
  /** Null for labels that count as right. */
  noise: z.object({ low: z.number(), high: z.number() }).nullable(),
});
type Chosen = z.infer<typeof chosenSchema>;

/** Strengths that compete, the strongest first: each fit starts from the one before. */
const STRENGTHS = [1_000, 100, 10, 1, 0.1];
const STRENGTH_UNVALIDATED = 1;
/** By which the penalty is weaker than the best one of labels that count as right. */
const WEAKER = [1, 10, 100];
/** Of categories, of all outputs together: the solver keeps some twenty numbers of each. Many classes leave fewer categories. */
const COEFFICIENTS_MAX = 1_000_000;

/**
 * The strength with the lowest validation loss; of equal ones the strongest. Then, for a probability, whether labels that are wrong at
 * some rate have a lower one still: with these, the coefficients are larger, so weaker penalties compete.
 */
async function choose(problem: Problem, start: Float64Array, validation: Problem): Promise<Fitted> {
  let best: Fitted | null = null;
  let bestLoss = Number.POSITIVE_INFINITY;
  let point = start;
  for (const l2 of STRENGTHS) {
    const fitted = await solve(problem, l2, point);
    const loss = meanLoss(validation, fitted.point);
    if (best === null || loss < bestLoss) {
      best = { ...fitted, l2, noise: null };
      bestLoss = loss;
    }
    ({ point } = fitted);
  }
  best ??= { ...(await solve(problem, STRENGTH_UNVALIDATED, start)), l2: STRENGTH_UNVALIDATED, noise: null };
  if (problem.loss !== logistic) return best;
  const { l2 } = best;
  let noisiest: NoisyFit = { ...best, noise: FIRST_NOISE };
  let noisyLoss = Number.POSITIVE_INFINITY;
  for (const weaker of WEAKER) {
    noisiest = await solveNoisy(problem, l2 / weaker, noisiest.point, noisiest.noise);
    const loss = meanLoss({ ...validation, loss: noisy(noisiest.noise) }, noisiest.point);
    if (!(loss < noisyLoss)) break;
    noisyLoss = loss;
    if (loss < bestLoss) {
      bestLoss = loss;
      best = noisiest;
    }
  }
  return best;
}

/** Weights are 1 in the mean, so that the penalty means the same whatever their scale. */
function scaledWeights(weights: Float32Array): Float64Array {
  const mean = weights.reduce((sum, weight) => sum + weight, 0) / weights.length;
  return Float64Array.from(weights, (weight) => (mean > 0 ? weight / mean : 1));
}

/** What is minimised, and what becomes of the linear outputs. */
interface Aim {
  readonly loss: RowLoss;
  readonly output: Output;
}

/** A value is learnt in deviations from its mean, so that any unit works. */
function aimOf({ task, rows, trainCount }: FitRequest<LogisticParams>): Aim {
  const { low, high } = task.output;
  const { name, objective } = task;
  if (objective?.kind === 'cross-entropy')
    return { loss: softmax(objective.classes), output: { kind: 'classes', classes: objective.classes } };
  if (name === 'binary') return { loss: logistic, output: { kind: 'probability' } };
  const labels = rows.labels.subarray(0, trainCount);
  const mean = meanOf(labels);
  const deviation = Math.sqrt(labels.reduce((sum, label) => sum + (label - mean) ** 2, 0) / trainCount);
  const scale = deviation > 0 ? deviation : 1;
  const loss = objective?.kind === 'huber' ? huber(objective.delta / scale) : squared;
  return { loss, output: { kind: 'value', scale, offset: mean, low, high } };
}

/** As the loss takes them. */
function learntLabels(labels: Float32Array, output: Output): Float64Array {
  if (output.kind !== 'value') return Float64Array.from(labels);
  return Float64Array.from(labels, (label) => (label - output.offset) / output.scale);
}

async function fit(request: FitRequest<LogisticParams>): Promise<Fit> {
  const { rows, trainCount, features, params, runtime, signal } = request;
  const train = {
    ...rows,
    features: rows.features.subarray(0, trainCount * rows.width),
    rowCount: trainCount,
  };
  const { loss, output } = aimOf(request);
  const vocabulariesMax = Math.min(VOCABULARIES_MAX, Math.floor(COEFFICIENTS_MAX / loss.outputs));
  const encoding = fitEncoding(train, features, params, vocabulariesMax);
  const tableRows = nth(embeddingOffsets(encoding), -1);
  const set = await encodeRows(runtime, encoding, rows);
  const labels = learntLabels(rows.labels, output);
  const part = (from: number, to: number): Problem => ({
    rows: linearRows(set, tableRows, from, to),
    labels: labels.subarray(from, to),
    weights: scaledWeights(rows.weights.subarray(from, to)),
    loss,
    signal,
  });
  const problem = part(0, trainCount);
  const start = new Float64Array(outputSize(problem.rows) * loss.outputs);
  const chosen = request.chosen === undefined ? null : chosenSchema.parse(request.chosen);
  const given = chosen?.l2 ?? params.l2;
  const l2 = given ?? (rows.rowCount > trainCount ? null : STRENGTH_UNVALIDATED);
  const fitted =
    l2 === null
      ? await choose(problem, start, part(trainCount, rows.rowCount))
      : await solveGiven(problem, start, { l2, noise: chosen?.noise ?? null });
  const { numericWidth } = set;
  const { noise } = fitted;
  return {
    model: buildModel({
      encoding,
      numericWidth,
      tableRows,
      theta: fitted.point,
      output: withNoise(output, noise),
    }),
    summary: `A linear model with an L2 penalty of ${fitted.l2}, ${fitted.iterations} iterations${noise === null ? '' : noiseText(noise)}`,
    chosen: chosen ?? ({ l2: fitted.l2, noise } satisfies Chosen),
  };
}

async function solveGiven(problem: Problem, start: Float64Array, { l2, noise }: Chosen): Promise<Fitted> {
  const right = await solve(problem, l2, start);
  return noise === null ? { ...right, l2, noise } : solveNoisy(problem, l2, right.point, noise);
}

function withNoise(output: Output, noise: LabelNoise | null): Output {
  return noise === null ? output : { kind: 'probability', noise };
}

function noiseText({ low, high }: LabelNoise): string {
  const percent = (rate: number): string => `${Number((100 * rate).toPrecision(2))} %`;
  return `, wrong labels of ${percent(low)} of one class and ${percent(1 - high)} of the other`;
}

const trainer: TrainerModule<LogisticParams> = { validates: ({ params }) => params.l2 === null, fit };

export default trainer;
