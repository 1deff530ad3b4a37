// Which parameters a network has and how they lie in one flat vector (control path).
import type { MlpParams } from './params.ts';
import type { Random } from '../../../stats/random.ts';
import { embeddingOffsets, numericWidth } from '../encoding/encoding.ts';
import type { Encoding } from '../encoding/encoding.ts';
import { nth } from '../../nth.ts';

export interface Parameter {
  /** Its name in a model file. */
  readonly name: string;
  readonly dims: readonly number[];
  /** Where it begins in the flat vector, and its length there. */
  readonly offset: number;
  readonly size: number;
  /** Pulled towards 0 by weight decay: all but biases. */
  readonly decays: boolean;
}

/** A multilayer perceptron over numeric inputs and one table of embeddings, `members` times side by side. */
export interface NetworkShape {
  readonly numericWidth: number;
  readonly categoryCount: number;
  readonly embeddingRows: number;
  readonly embeddingSize: number;
  readonly hidden: readonly number[];
  readonly activation: MlpParams['activation'];
  readonly members: number;
  /** Of a row. */
  readonly outputs: number;
  readonly parameters: readonly Parameter[];
  /** Numbers in all parameters. */
  readonly size: number;
}

export const EMBEDDING = 'embedding';
export const weightName = (member: number, layer: number): string => `member${member}.dense${layer}.weight`;
export const biasName = (member: number, layer: number): string => `member${member}.dense${layer}.bias`;

export function networkShape(encoding: Encoding, params: MlpParams, outputs = 1): NetworkShape {
  const { hidden, activation, members, embeddingSize } = params;
  const categoryCount = encoding.categorical.length;
  const embeddingRows = categoryCount === 0 ? 0 : nth(embeddingOffsets(encoding), -1);
  const parameters: Parameter[] = [];
  let offset = 0;
  const add = (name: string, dims: readonly number[], decays: boolean): void => {
    const size = dims.reduce((product, dim) => product * dim, 1);
    parameters.push({ name, dims, offset, size, decays });
    offset += size;
  };
  if (categoryCount > 0) add(EMBEDDING, [embeddingRows, embeddingSize], true);
  const sizes = [numericWidth(encoding) + categoryCount * embeddingSize, ...hidden, outputs];
  for (let member = 0; member < members; member += 1) {
    for (let layer = 0; layer + 1 < sizes.length; layer += 1) {
      const [from, to] = [nth(sizes, layer), nth(sizes, layer + 1)];
      add(weightName(member, layer), [from, to], true);
      add(biasName(member, layer), [to], false);
    }
  }
  return {
    numericWidth: numericWidth(encoding),
    categoryCount,
    embeddingRows,
    embeddingSize,
    hidden,
    activation,
    members,
    outputs,
    parameters,
    size: offset,
  };
}

/** Width of a dense layer's input. */
export function layerInputs(shape: NetworkShape, layer: number): number {
  const first = shape.numericWidth + shape.categoryCount * shape.embeddingSize;
  return layer === 0 ? first : nth(shape.hidden, layer - 1);
}

/** Dense layers, the output layer included. */
export function layerCount(shape: NetworkShape): number {
  return shape.hidden.length + 1;
}

/**
 * Parameters to start from: dense layers uniform in +-1/sqrt(inputs), as PyTorch's; embeddings close to 0, so that an
 * unseen one says little; the biases of the outputs as given.
 */
export function initialParameters(
  shape: NetworkShape,
  outputBias: readonly number[],
  random: Random,
): Float32Array {
  const theta = new Float32Array(shape.size);
  for (const { name, dims, offset, size } of shape.parameters) {
    const [member, layer] = (name.match(/\d+/g) ?? []).map(Number);
    let bound = 0.05;
    if (member !== undefined && layer !== undefined) bound = 1 / Math.sqrt(layerInputs(shape, layer));
    for (let i = 0; i < size; i += 1) theta[offset + i] = (2 * random.nextDouble() - 1) * bound;
    if (layer === shape.hidden.length && dims.length === 1) theta.set(outputBias, offset);
  }
  return theta;
}
