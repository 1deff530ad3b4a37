// Predictions of an earlier run between the state's offset and the group's (the hot path reads them row by row). A restart
// uses these scores instead of computing them again: the model may have changed since, and the prediction that waits for
// its label, the one in the history and the one that readers got must be the same.
import { offsetOfPlace } from '../../core/place.ts';
import type { CommittedScores } from '../../operators/stage.ts';
import type { PublishedPredictions } from './published-predictions.ts';

export class CommittedPredictions implements CommittedScores {
  readonly #from: number;
  readonly #to: number;
  readonly #offsets: number[] = [];
  readonly #scores: number[] = [];
  readonly #outputs: Array<readonly number[]> = [];
  readonly #flags: number[] = [];
  readonly #versions: string[] = [];

  private constructor(from: number, to: number) {
    this.#from = from;
    this.#to = to;
  }

  /** No predictions: a fresh start, or the two offsets are equal. */
  static none(): CommittedPredictions {
    return new CommittedPredictions(0, 0);
  }

  /** Reads the predictions of source offsets [from, to). */
  static async read(
    topic: PublishedPredictions,
    partition: number,
    from: number,
    to: number,
  ): Promise<CommittedPredictions> {
    const committed = new CommittedPredictions(from, to);
    if (from >= to) return committed;
    const { high } = await topic.range(partition);
    const begin = await topic.seek(partition, from - 1);
    for await (const found of topic.read(partition, begin, high)) {
      for (const { offset, record } of found) {
        if (offset >= to) return committed;
        committed.#offsets.push(offset);
        committed.#scores.push(record.score);
        if (record.outputs !== undefined) committed.#outputs.push(record.outputs);
        committed.#flags.push(record.flags);
        committed.#versions.push(record.version);
      }
    }
    return committed;
  }

  covers(offset: number): boolean {
    return offset >= this.#from && offset < this.#to;
  }

  /** Index of the first prediction at or after an offset. */
  #lowerBound(offset: number): number {
    let low = 0;
    let high = this.#offsets.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#offsets[middle] as number) < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  find(offset: number): number {
    const index = this.#lowerBound(offset);
    return this.#offsets[index] === offset ? index : -1;
  }

  score(index: number): number {
    return this.#scores[index] as number;
  }

  /** Those of records of one output are not kept. */
  outputs(index: number): Float32Array {
    return Float32Array.from(this.#outputs[index] ?? []);
  }

  flags(index: number): number {
    return this.#flags[index] as number;
  }

  version(index: number): string {
    return this.#versions[index] as string;
  }

  /**
   * The first offset after `offset` whose prediction is by another model than the first one from `offset` on. Models change
   * between epochs, so the rows of an event are by one.
   */
  versionEnd(offset: number): number {
    let index = this.#lowerBound(offset);
    const version = this.#versions[index];
    while (index < this.#versions.length && this.#versions[index] === version) index++;
    return offsetOfPlace(this.#offsets[index] ?? Number.POSITIVE_INFINITY);
  }
}
