// Where a fit starts from (control path): nothing, or the champion's weights.
import type { TrainRequest } from '../../../ports/trainer.ts';
import { Random } from '../../../stats/random.ts';
import { readsFeatures } from './encoding.ts';
import type { Encoding } from './encoding.ts';
import { extendEncoding, fitEncoding } from './fit-encoding.ts';
import type { RawRows } from './fit-encoding.ts';
import { readModel, warmParameters } from './model-file.ts';
import type { TrainedModel } from './model-file.ts';
import { initialParameters, networkShape } from './network-shape.ts';
import type { NetworkShape } from './network-shape.ts';

export interface Champion {
  /** Null where its network or its features are not the request's: nothing to start from. */
  readonly warm: TrainedModel | null;
  /** The newest row that it was trained on, ms; null where its file does not say. */
  readonly newestRowMs: number | null;
  /** Why it cannot be started from. */
  readonly whyCold: string | null;
}

export interface Start {
  readonly encoding: Encoding;
  readonly shape: NetworkShape;
  readonly theta: Float32Array;
}

/** What the request's champion gives; null where there is none. */
export function readChampion({ champion, features, params }: TrainRequest): Champion | null {
  if (champion === null) return null;
  const model = readModel(champion.model);
  if (model === null) return { warm: null, newestRowMs: null, whyCold: 'another trainer made the champion' };
  const newestRowMs = Number.isFinite(model.newestRowMs) ? model.newestRowMs : null;
  if (!readsFeatures(model.encoding, features)) {
    return { warm: null, newestRowMs, whyCold: 'the champion reads other features' };
  }
  const shape = networkShape(model.encoding, params);
  const fits = shape.parameters.every(({ name, size }) => model.parameters.get(name)?.length === size);
  if (!fits || !sameMembers(model, shape)) {
    return { warm: null, newestRowMs, whyCold: 'the champion has other layers' };
  }
  return { warm: model, newestRowMs, whyCold: null };
}

/**
 * Encoding, shape and parameters before the first step. From the champion the encoding stays, vocabularies extended:
 * its weights were learnt on those constants.
 */
export function makeStart(
  warm: TrainedModel | null,
  rows: RawRows,
  labels: Float32Array,
  { features, params, seed }: TrainRequest,
): Start {
  if (warm !== null) {
    const encoding = extendEncoding(warm.encoding, rows, params);
    const shape = networkShape(encoding, params);
    return { encoding, shape, theta: warmParameters(warm, encoding, shape) };
  }
  const encoding = fitEncoding(rows, features, params);
  const shape = networkShape(encoding, params);
  const positives = labels.reduce((sum, label) => sum + label, 0);
  const theta = initialParameters(shape, positives / labels.length, new Random(seed));
  return { encoding, shape, theta };
}

/** No layer or member more than the shape has. */
function sameMembers(model: TrainedModel, shape: NetworkShape): boolean {
  const dense = (name: string): boolean => name.startsWith('member');
  const have = [...model.parameters.keys()].filter(dense).length;
  return have === shape.parameters.filter(({ name }) => dense(name)).length;
}
