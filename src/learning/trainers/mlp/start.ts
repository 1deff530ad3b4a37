// Where a fit starts from (control path): nothing, or the champion's weights.
import { Random } from '../../../stats/random.ts';
import { objectiveOf, outputsOf } from '../../objective.ts';
import type { RawRows } from '../../rows.ts';
import type { FitContext, TrainingRows } from '../../trainer.ts';
import { readsFeatures } from '../encoding/encoding.ts';
import type { Encoding } from '../encoding/encoding.ts';
import { extendEncoding, fitEncoding } from '../encoding/fit-encoding.ts';
import { readModel, warmParameters } from './model-file.ts';
import type { TrainedModel } from './model-file.ts';
import { headOf, initialBias, standardLabels, type Head } from './head.ts';
import { initialParameters, networkShape } from './network-shape.ts';
import type { NetworkShape } from './network-shape.ts';
import type { MlpParams } from './params.ts';

/** `warm` is the champion if a fit can start from it; otherwise `whyCold` is the reason, null without a champion. */
export interface Origin {
  readonly warm: TrainedModel | null;
  /** Whether that has no hidden layers. */
  readonly isLinear: boolean;
  readonly whyCold: string | null;
}

export interface Start {
  readonly head: Head;
  readonly encoding: Encoding;
  readonly shape: NetworkShape;
  readonly theta: Float32Array;
}

/** Whether the champion can be started from. */
export function originOf({ champion, features, params, task }: FitContext<MlpParams>): Origin {
  const cold = (whyCold: string | null): Origin => ({ warm: null, isLinear: false, whyCold });
  if (champion === null) return cold(null);
  if ((champion.trainer?.name ?? 'mlp') !== 'mlp') return cold('another trainer made the champion');
  const model = readModel(champion.model);
  if (model === null) return cold('another trainer made the champion');
  if (!readsFeatures(model.encoding, features)) return cold('the champion reads other features');
  const outputs = outputsOf(objectiveOf(task));
  if (hasLayersOf(model, params, outputs))
    return { warm: model, isLinear: params.hidden.length === 0, whyCold: null };
  if (hasLayersOf(model, linearParams(params), outputs))
    return { warm: model, isLinear: true, whyCold: null };
  return cold('the champion has other layers');
}

/** A layer alone bears, and needs, larger steps than several do. */
const LINEAR_RATE_FACTOR = 10;

/** The same without hidden layers: a logistic regression of the encoded features. */
export function linearParams(params: MlpParams): MlpParams {
  const { learningRate, warmLearningRate } = params;
  return {
    ...params,
    hidden: [],
    members: 1,
    dropout: 0,
    learningRate: learningRate * LINEAR_RATE_FACTOR,
    warmLearningRate: warmLearningRate * LINEAR_RATE_FACTOR,
  };
}

function hasLayersOf(model: TrainedModel, params: MlpParams, outputs: number): boolean {
  const shape = networkShape(model.encoding, params, outputs);
  const fits = shape.parameters.every(({ name, size }) => model.parameters.get(name)?.length === size);
  return fits && sameMembers(model, shape);
}

/**
 * Encoding, shape and parameters before the first step. A start from the champion keeps its encoding, with longer
 * vocabularies, and its scale of the labels: its weights were learnt on those constants.
 */
export function makeStart(
  warm: TrainedModel | null,
  rows: RawRows,
  { labels, weights }: Pick<TrainingRows, 'labels' | 'weights'>,
  {
    task,
    features,
    params,
    seed,
  }: Pick<FitContext<MlpParams>, 'task' | 'features' | 'params'> & { readonly seed: number },
): Start {
  const head = headOf(task, labels, warm?.target ?? null);
  if (warm !== null) {
    const encoding = extendEncoding(warm.encoding, rows, params);
    const shape = networkShape(encoding, params, outputsOf(head.objective));
    return { head, encoding, shape, theta: warmParameters(warm, encoding, shape) };
  }
  const encoding = fitEncoding(rows, features, params);
  const shape = networkShape(encoding, params, outputsOf(head.objective));
  const bias = initialBias(head, standardLabels(head, labels), weights);
  return { head, encoding, shape, theta: initialParameters(shape, bias, new Random(seed)) };
}

/** No layer or member more than the shape has. */
function sameMembers(model: TrainedModel, shape: NetworkShape): boolean {
  const dense = (name: string): boolean => name.startsWith('member');
  const have = [...model.parameters.keys()].filter(dense).length;
  return have === shape.parameters.filter(({ name }) => dense(name)).length;
}
