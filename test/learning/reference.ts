// Reference implementation of the encoding and the network in plain float64 loops.
import type { Encoding } from '../../src/learning/trainers/encoding/encoding.ts';
import {
  biasName,
  EMBEDDING,
  layerCount,
  weightName,
} from '../../src/learning/trainers/mlp/network-shape.ts';
import type { NetworkShape } from '../../src/learning/trainers/mlp/network-shape.ts';

/** Network inputs of one raw row. */
export function referenceEncode(
  encoding: Encoding,
  row: ArrayLike<number>,
): { numeric: number[]; categories: number[] } {
  const values = encoding.numeric.map(({ column, signedLog, logScale, mean, deviation }) => {
    const x = row[column]!;
    if (Number.isNaN(x)) return 0;
    const logged = signedLog ? Math.asinh(x / logScale) : x;
    return Math.max(-encoding.clipDeviations, Math.min(encoding.clipDeviations, (logged - mean) / deviation));
  });
  const indicators = encoding.numeric.flatMap(({ indicator, column }) =>
    indicator ? [Number.isNaN(row[column]!) ? 1 : 0] : [],
  );
  return { numeric: [...values, ...indicators], categories: categoricalRow(encoding, row) };
}

/** Logit of each member for one encoded row. */
export function referenceLogits(
  shape: NetworkShape,
  theta: ArrayLike<number>,
  numeric: readonly number[],
  categories: readonly number[],
): number[] {
  const parameter = (name: string): { at: (i: number) => number; dims: readonly number[] } => {
    const found = shape.parameters.find((p) => p.name === name)!;
    return { at: (i) => theta[found.offset + i]!, dims: found.dims };
  };
  const input = [...numeric];
  for (const row of categories) {
    for (let k = 0; k < shape.embeddingSize; k += 1) {
      input.push(parameter(EMBEDDING).at(row * shape.embeddingSize + k));
    }
  }
  return Array.from({ length: shape.members }, (_, member) => {
    let values = input;
    for (let layer = 0; layer < layerCount(shape); layer += 1) {
      const weight = parameter(weightName(member, layer));
      const bias = parameter(biasName(member, layer));
      const width = weight.dims[1]!;
      const z = Array.from({ length: width }, (_, j) =>
        values.reduce((sum, x, i) => sum + x * weight.at(i * width + j), bias.at(j)),
      );
      if (layer === shape.hidden.length) return z[0]!;
      values = z.map((x) => (shape.activation === 'relu' ? Math.max(0, x) : x / (1 + Math.exp(-x))));
    }
    throw new Error('a network ends in its output layer');
  });
}

export function referenceScore(
  encoding: Encoding,
  shape: NetworkShape,
  theta: ArrayLike<number>,
  row: ArrayLike<number>,
): number {
  const { numeric, categories } = referenceEncode(encoding, row);
  const logits = referenceLogits(shape, theta, numeric, categories);
  return logits.reduce((sum, z) => sum + 1 / (1 + Math.exp(-z)), 0) / logits.length;
}

/** Rows of the embedding table, by linear search. */
function categoricalRow(encoding: Encoding, row: ArrayLike<number>): number[] {
  let start = 0;
  return encoding.categorical.map(({ column, vocabulary }) => {
    const code = Number.isNaN(row[column]!) ? -1 : row[column]!;
    const at = start + vocabulary.indexOf(code) + 1;
    start += vocabulary.length + 1;
    return at;
  });
}
