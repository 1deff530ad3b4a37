// Scores of vectors after one input was changed (control path).
import type { FollowInputs, ProbeInput, Vectors } from './input.ts';

/** Scores rows of vectors, however many. */
export type ScoreVectors = (values: Float32Array, rowCount: number) => Promise<Float32Array>;

/** The vectors with an input changed, those alone that can change so. */
export interface ChangedRows {
  /** Rows of the vectors, ascending, and the new score of each: NaN for one that the task cannot have. */
  readonly rows: Int32Array;
  readonly scores: Float32Array;
  /** Scores that the task cannot have. */
  readonly invalid: number;
}

export class ChangedVectors {
  readonly #follow: FollowInputs;
  readonly #score: ScoreVectors;
  readonly #low: number;
  readonly #high: number;

  constructor(
    follow: FollowInputs,
    score: ScoreVectors,
    { low, high }: { readonly low: number; readonly high: number },
  ) {
    this.#follow = follow;
    this.#score = score;
    this.#low = low;
    this.#high = high;
  }

  /** Sets an input of one vector, and what follows from it. */
  set(values: Float32Array, base: number, { at }: ProbeInput, to: number): void {
    for (const position of at) values[base + position] = to;
    this.#follow(values, base);
  }

  /** Scores; NaN where the task cannot have the score, as the engine serves its fallback there. */
  async scores(values: Float32Array, rowCount: number): Promise<Float32Array> {
    const scores = await this.#score(values, rowCount);
    return scores.map((score) => (score >= this.#low && score <= this.#high ? score : Number.NaN));
  }

  /** @param to the new value of the input in a row; NaN for none */
  async changed(
    { values, rowCount, width }: Vectors,
    input: ProbeInput,
    to: (value: number, row: number) => number,
  ): Promise<ChangedRows> {
    const rows = new Int32Array(rowCount);
    const changed = new Float32Array(rowCount * width);
    let count = 0;
    for (let row = 0; row < rowCount; row++) {
      const value = to(values[row * width + (input.at[0] as number)] as number, row);
      if (Number.isNaN(value)) continue;
      changed.set(values.subarray(row * width, (row + 1) * width), count * width);
      this.set(changed, count * width, input, value);
      rows[count++] = row;
    }
    const scores = await this.scores(changed.subarray(0, count * width), count);
    const invalid = scores.reduce((sum, score) => sum + (Number.isNaN(score) ? 1 : 0), 0);
    return { rows: rows.subarray(0, count), scores, invalid };
  }
}
