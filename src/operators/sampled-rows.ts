// The rows of one partition that may be in the sample of a control boundary (hot path). While an interval runs, a row is
// kept only if its hash is among the lowest so far: an epoch passes on few rows, however many there are.
import type { PredictionBlock } from '../core/blocks.ts';
import type { TopicPartition } from '../core/topic-partition.ts';
import { EVERY_ROW, sampleHash, sampleRowsMax, sampleSeed, type SampledRows } from '../stats/row-sample.ts';

/** Rows for which there is room at first. */
const ROWS_MIN = 256;

export class RowSampler {
  readonly #partition: number;
  readonly #seed: number;
  readonly #limit: (width: number) => number;
  #width = 0;
  #rowsMax = 0;
  /** Of the interval: hashes of the rows that have passed, and the greatest one that still can be in the sample. */
  #hashes = new Uint32Array(0);
  #hashCount = 0;
  #threshold = EVERY_ROW;
  /** Of the epoch: the rows themselves. */
  #count = 0;
  #offsets = new Float64Array(0);
  #scores = new Float32Array(0);
  #features = new Float32Array(0);

  /** @param rowsMax rows of a whole sample, by their width */
  constructor(origin: TopicPartition, rowsMax: (width: number) => number = sampleRowsMax) {
    this.#limit = rowsMax;
    this.#partition = origin.partition;
    this.#seed = sampleSeed(origin);
  }

  /** Of several classes the sample has the top ones. */
  add({ width, count, offsets, scores: given, classes, features }: PredictionBlock): void {
    const scores = classes?.tops ?? given;
    if (width !== this.#width) this.#begin(width);
    const seed = this.#seed;
    for (let row = 0; row < count; row += 1) {
      const offset = offsets[row] as number;
      const hash = sampleHash(seed, offset);
      if (hash > this.#threshold) continue;
      this.#pass(hash);
      const at = this.#count++;
      if (at >= this.#scores.length) this.#grow();
      this.#offsets[at] = offset;
      this.#scores[at] = scores[row] as number;
      for (let to = at * width, from = row * width, end = from + width; from < end; from += 1, to += 1)
        this.#features[to] = features[from] as number;
    }
  }

  /** The width of a running topology does not change; another one starts a new sample. */
  #begin(width: number): void {
    this.#width = width;
    this.#rowsMax = this.#limit(width);
    this.#hashes = new Uint32Array(2 * this.#rowsMax);
    this.#hashCount = 0;
    this.#threshold = EVERY_ROW;
    this.#count = 0;
    this.#offsets = new Float64Array(0);
    this.#scores = new Float32Array(0);
    this.#features = new Float32Array(0);
  }

  #pass(hash: number): void {
    this.#hashes[this.#hashCount++] = hash;
    if (this.#hashCount < this.#hashes.length) return;
    this.#hashes.sort();
    this.#hashCount = this.#rowsMax;
    this.#threshold = this.#hashes[this.#rowsMax - 1] as number;
    this.#compact();
  }

  /** Drops rows above the threshold. */
  #compact(): void {
    const width = this.#width;
    let kept = 0;
    for (let row = 0; row < this.#count; row += 1) {
      if (sampleHash(this.#seed, this.#offsets[row] as number) > this.#threshold) continue;
      if (kept !== row) {
        this.#offsets[kept] = this.#offsets[row] as number;
        this.#scores[kept] = this.#scores[row] as number;
        this.#features.copyWithin(kept * width, row * width, (row + 1) * width);
      }
      kept += 1;
    }
    this.#count = kept;
  }

  #grow(): void {
    const rows = Math.max(ROWS_MIN, this.#scores.length * 2);
    const offsets = new Float64Array(rows);
    const scores = new Float32Array(rows);
    const features = new Float32Array(rows * this.#width);
    offsets.set(this.#offsets);
    scores.set(this.#scores);
    features.set(this.#features);
    this.#offsets = offsets;
    this.#scores = scores;
    this.#features = features;
  }

  /** Returns the rows since the last call. @param endsInterval whether the next row belongs to the next interval */
  drain(endsInterval: boolean): SampledRows {
    const rows = {
      partition: this.#partition,
      width: this.#width,
      offsets: this.#offsets.slice(0, this.#count),
      features: this.#features.slice(0, this.#count * this.#width),
      scores: this.#scores.slice(0, this.#count),
    };
    this.#count = 0;
    if (endsInterval) {
      this.#hashCount = 0;
      this.#threshold = EVERY_ROW;
    }
    return rows;
  }
}
