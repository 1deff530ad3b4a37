// Rows with several outputs (hot path): which of them are valid, and which output is the score.
import type { ClassScores, PredictionBlock } from '../core/blocks.ts';
import { isValidRow, sortQuantiles, topOf } from '../tasks/outputs.ts';
import type { TaskOutput } from '../tasks/task.ts';
import type { CommittedScores } from './stage.ts';

type Scored = Pick<PredictionBlock, 'scores' | 'shadowScores'> & { readonly classes: ClassScores };

export class OutputRows {
  readonly #output: TaskOutput;
  readonly #names: readonly string[];
  /** Of a row. */
  readonly count: number;

  constructor(output: TaskOutput, names: readonly string[]) {
    this.#output = output;
    this.#names = names;
    this.count = names.length;
  }

  isValid(outputs: Float32Array, row: number): boolean {
    return isValidRow(this.#output, outputs, row * this.count);
  }

  /** Sorts quantiles that cross; returns of how many rows. */
  arrange(outputs: Float32Array): number {
    return sortQuantiles(this.#output, outputs);
  }

  /** Makes invalid rows NaN. */
  blankInvalid(outputs: Float32Array): void {
    for (let row = 0, at = 0; at < outputs.length; row += 1, at += this.count)
      if (!this.isValid(outputs, row)) outputs.fill(Number.NaN, at, at + this.count);
  }

  /** What an earlier run has published; NaN for a record that has other outputs. */
  committed(committed: CommittedScores, indices: Int32Array): Float32Array {
    const outputs = new Float32Array(indices.length * this.count).fill(Number.NaN);
    for (const [i, index] of indices.entries()) {
      const found = committed.outputs?.(index);
      if (found?.length === this.count) outputs.set(found, i * this.count);
    }
    return outputs;
  }

  /** The outputs of all rows with their scores: the value, or the probability of the top class. */
  scored(outputs: Float32Array, shadowOutputs: Float32Array | null): Scored {
    const tops = this.#tops(outputs);
    return {
      scores: this.#scores(outputs, tops),
      shadowScores: shadowOutputs === null ? null : this.#scores(shadowOutputs, this.#tops(shadowOutputs)),
      classes: { names: this.#names, width: this.count, outputs, shadowOutputs, tops },
    };
  }

  #tops(outputs: Float32Array): Uint16Array | null {
    if (this.#output.classes === undefined) return null;
    const tops = new Uint16Array(outputs.length / this.count);
    for (let row = 0; row < tops.length; row += 1) tops[row] = topOf(outputs, row * this.count, this.count);
    return tops;
  }

  #scores(outputs: Float32Array, tops: Uint16Array | null): Float32Array {
    const scores = new Float32Array(outputs.length / this.count);
    for (let row = 0; row < scores.length; row += 1)
      scores[row] = outputs[row * this.count + (tops?.[row] ?? 0)] as number;
    return scores;
  }
}
