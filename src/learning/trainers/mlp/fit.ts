// The module that fits the multilayer perceptron (control path, in a thread of its own).
import { z } from 'zod';
import type { Fit, FitContext, FitRequest, TrainerModule } from '../../trainer.ts';
import { encodeRows } from './encoded-set.ts';
import { fitNetwork } from './fit-network.ts';
import { buildModel } from './model-file.ts';
import type { MlpParams } from './params.ts';
import { makeStart, originOf, type Origin } from './start.ts';

/** What validation chose: the epochs that a refit repeats. */
const chosenSchema = z.object({ epochs: z.number() });

function epochsMax({ params }: FitContext<MlpParams>, { warm }: Origin): number {
  return warm === null ? params.epochs : params.warmEpochs;
}

async function fit(request: FitRequest<MlpParams>): Promise<Fit> {
  const { rows, trainCount, params, runtime, seed, signal, champion } = request;
  const origin = originOf(request);
  const tried = epochsMax(request, origin);
  const train = {
    ...rows,
    features: rows.features.subarray(0, trainCount * rows.width),
    rowCount: trainCount,
  };
  const start = makeStart(origin.warm, train, rows.labels.subarray(0, trainCount), request);
  const { theta, epochs } = await fitNetwork(runtime, {
    shape: start.shape,
    params,
    set: await encodeRows(runtime, start.encoding, rows),
    labels: rows.labels,
    weights: rows.weights,
    trainEnd: trainCount,
    validationEnd: rows.rowCount,
    start: start.theta,
    // The learning rate of a refit falls over the epochs that were chosen, not over those that were tried.
    epochs: request.chosen === undefined ? tried : chosenSchema.parse(request.chosen).epochs,
    learningRate: origin.warm === null ? params.learningRate : params.warmLearningRate,
    // Not the seed of the initial parameters: their random numbers must not depend on one another.
    seed: seed + 1,
    signal,
  });
  const cold = champion === null ? 'Started afresh' : `Started afresh as ${origin.whyCold}`;
  return {
    model: buildModel(start.encoding, start.shape, theta),
    summary: `${origin.warm === null ? cold : 'Started from the champion'}, ${epochs} of ${tried} epochs`,
    chosen: { epochs },
  };
}

const trainer: TrainerModule<MlpParams> = {
  // One epoch leaves nothing to choose.
  validates: (context) => epochsMax(context, originOf(context)) > 1,
  fit,
};

export default trainer;
