// The module that fits the multilayer perceptron (control path, in a thread of its own).
import { z } from 'zod';
import type { Fit, FitContext, FitRequest, TrainerModule } from '../../trainer.ts';
import { encodeRows } from '../encoding/encoded-set.ts';
import { batchRowsFor, fitNetwork, type Fit as NetworkFit } from './fit-network.ts';
import { buildModel, type TrainedModel } from './model-file.ts';
import { standardHead, standardLabels } from './head.ts';
import type { MlpParams } from './params.ts';
import { linearParams, makeStart, originOf, type Origin, type Start } from './start.ts';

/** What validation chose: the steps that a refit repeats, the rows that they were for, and whether hidden layers are of use. */
const chosenSchema = z.object({ steps: z.number(), rows: z.number(), isLinear: z.boolean() });
type Chosen = z.infer<typeof chosenSchema>;

/** Rows up to which a network without hidden layers competes: from many rows the layers learn at least as much. */
const LINEAR_ROWS_MAX = 5_000;
/** Rows without validation are learnt by heart in as many steps as others need. */
const PASSES_MAX = 40;
const WARM_STEPS_MIN = 100;

/** A fit before it is a model file. */
interface Network {
  readonly start: Start;
  readonly fitted: NetworkFit;
  readonly isLinear: boolean;
}

function stepsMax({ params }: FitContext<MlpParams>, { warm }: Origin): number {
  return warm === null ? params.steps : params.warmSteps;
}

/** A start from the champion makes one pass over the rows, which it knows; few rows are passed over more often. */
function stepsOf({ rows, trainCount, params }: FitRequest<MlpParams>, isWarm: boolean): number {
  const pass = trainCount / batchRowsFor(params, trainCount);
  if (isWarm) return Math.min(params.warmSteps, Math.max(WARM_STEPS_MIN, Math.ceil(pass)));
  return rows.rowCount > trainCount ? params.steps : Math.min(params.steps, Math.ceil(PASSES_MAX * pass));
}

/** A refit has more rows: as many passes over them as were chosen, in batches of their number. */
function refitSteps({ trainCount, params }: FitRequest<MlpParams>, { steps, rows }: Chosen): number {
  const passes = (steps * batchRowsFor(params, rows)) / rows;
  return Math.max(1, Math.round((passes * trainCount) / batchRowsFor(params, trainCount)));
}

async function fitOne(
  request: FitRequest<MlpParams>,
  warm: TrainedModel | null,
  steps: number,
): Promise<NetworkFit & Pick<Network, 'start'>> {
  const { rows, trainCount, params, runtime, seed, signal } = request;
  const train = {
    ...rows,
    features: rows.features.subarray(0, trainCount * rows.width),
    rowCount: trainCount,
  };
  const labelled = {
    labels: rows.labels.subarray(0, trainCount),
    weights: rows.weights.subarray(0, trainCount),
  };
  const start = makeStart(warm, train, labelled, request);
  const fitted = await fitNetwork(runtime, {
    head: standardHead(start.head),
    shape: start.shape,
    params,
    set: await encodeRows(runtime, start.encoding, rows),
    labels: standardLabels(start.head, rows.labels),
    weights: rows.weights,
    trainEnd: trainCount,
    validationEnd: rows.rowCount,
    start: start.theta,
    steps,
    learningRate: warm === null ? params.learningRate : params.warmLearningRate,
    // Not the seed of the initial parameters: their random numbers must not depend on one another.
    seed: seed + 1,
    signal,
  });
  return { ...fitted, start };
}

/** @param isLinear whether without hidden layers */
async function network(
  given: FitRequest<MlpParams>,
  { warm }: Origin,
  isLinear: boolean,
  chosen: Chosen | null,
): Promise<Network> {
  const request = isLinear ? { ...given, params: linearParams(given.params) } : given;
  // The learning rate of a refit falls over the steps that were chosen, not over those that were tried.
  const steps = chosen === null ? stepsOf(request, warm !== null) : refitSteps(request, chosen);
  const { start, ...fitted } = await fitOne(request, warm, steps);
  return { start, fitted, isLinear };
}

/** The network that is asked for, or the one without hidden layers if few rows are validated better by it. */
async function chosenNetwork(request: FitRequest<MlpParams>, origin: Origin): Promise<Network> {
  const chosen = request.chosen === undefined ? null : chosenSchema.parse(request.chosen);
  if (chosen !== null || origin.warm !== null)
    return network(request, origin, chosen?.isLinear ?? origin.isLinear, chosen);
  const deep = await network(request, origin, false, null);
  if (request.params.hidden.length === 0 || request.trainCount > LINEAR_ROWS_MAX) return deep;
  if (deep.fitted.validationLoss === null) return deep;
  const linear = await network(request, origin, true, null);
  return (linear.fitted.validationLoss ?? Infinity) < deep.fitted.validationLoss ? linear : deep;
}

async function fit(request: FitRequest<MlpParams>): Promise<Fit> {
  const origin = originOf(request);
  const { start, fitted, isLinear } = await chosenNetwork(request, origin);
  const { theta, steps } = fitted;
  const cold = request.champion === null ? 'Started afresh' : `Started afresh as ${origin.whyCold}`;
  const without = isLinear && request.params.hidden.length > 0 ? ' without hidden layers' : '';
  const from = origin.warm === null ? cold : 'Started from the champion';
  return {
    model: buildModel(start.encoding, start.shape, theta, start.head),
    summary: `${from}${without}, ${steps} of ${stepsMax(request, origin)} steps`,
    chosen: { steps, rows: request.trainCount, isLinear } satisfies Chosen,
  };
}

const trainer: TrainerModule<MlpParams> = {
  startsWarm: (context) => originOf(context).warm !== null,
  // A start from the champion needs no choice of steps, and every row that is new.
  validates: (context) => originOf(context).warm === null && context.params.steps > 1,
  fit,
};

export default trainer;
