// Rows with a probability for each class (hot path): which of them are valid, and which class is on top.
import type { ClassScores, PredictionBlock } from '../core/blocks.ts';
import { areProbabilities, topOf } from '../tasks/outputs.ts';
import type { CommittedScores } from './stage.ts';

type Scored = Pick<PredictionBlock, 'scores' | 'shadowScores'> & { readonly classes: ClassScores };

export class ClassRows {
  readonly #names: readonly string[];
  /** Of a row. */
  readonly count: number;

  constructor(names: readonly string[]) {
    this.#names = names;
    this.count = names.length;
  }

  isValid(outputs: Float32Array, row: number): boolean {
    return areProbabilities(outputs, row * this.count, this.count);
  }

  /** Makes invalid rows NaN. */
  blankInvalid(outputs: Float32Array): void {
    for (let row = 0, at = 0; at < outputs.length; row += 1, at += this.count)
      if (!this.isValid(outputs, row)) outputs.fill(Number.NaN, at, at + this.count);
  }

  /** What an earlier run has published; NaN for a record that has other classes. */
  committed(committed: CommittedScores, indices: Int32Array): Float32Array {
    const outputs = new Float32Array(indices.length * this.count).fill(Number.NaN);
    for (const [i, index] of indices.entries()) {
      const found = committed.outputs?.(index);
      if (found?.length === this.count) outputs.set(found, i * this.count);
    }
    return outputs;
  }

  /** The outputs of all rows with their top classes: the probability of the top class is the score. */
  scored(outputs: Float32Array, shadowOutputs: Float32Array | null): Scored {
    const tops = this.#tops(outputs);
    const shadowTops = shadowOutputs === null ? null : this.#tops(shadowOutputs);
    return {
      scores: this.#of(outputs, tops),
      shadowScores:
        shadowOutputs === null || shadowTops === null ? null : this.#of(shadowOutputs, shadowTops),
      classes: { names: this.#names, width: this.count, outputs, shadowOutputs, tops },
    };
  }

  #tops(outputs: Float32Array): Uint16Array {
    const tops = new Uint16Array(outputs.length / this.count);
    for (let row = 0; row < tops.length; row += 1) tops[row] = topOf(outputs, row * this.count, this.count);
    return tops;
  }

  #of(outputs: Float32Array, tops: Uint16Array): Float32Array {
    const scores = new Float32Array(tops.length);
    for (let row = 0; row < tops.length; row += 1)
      scores[row] = outputs[row * this.count + (tops[row] as number)] as number;
    return scores;
  }
}
