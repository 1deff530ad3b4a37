// What one partition saw between two control boundaries (hot path fills it): the raw material of drift statistics and
// prequential metrics. Bounded: rows past the bound are counted, and a seeded reservoir samples them.
import { CONTROL_ROWS_MAX, OBSERVED_BYTES_MAX } from '../core/limits.ts';
import type { LabelBlock, PredictionBlock } from '../core/blocks.ts';
import { FLAG_FALLBACK } from '../core/blocks.ts';

/** Labels joined since the last boundary, in event order; NaN labels (never to come) are left out. */
export interface JoinedLabels {
  readonly scores: number[];
  /** NaN if no shadow model scored. */
  readonly shadowScores: number[];
  readonly labels: number[];
  readonly predictionTimeMs: number[];
  readonly predictionOffsets: number[];
  readonly versions: string[];
  readonly fallback: boolean[];
}

export interface PartitionObservations {
  /** Predictions made, of which `sampled` rows are in `features` and `scores`. */
  readonly predictions: number;
  readonly sampled: number;
  readonly width: number;
  /** Row-major, sampled * width. */
  readonly features: Float32Array;
  readonly scores: Float32Array;
  readonly labels: JoinedLabels;
  readonly labelsNever: number;
}

export function noLabels(): JoinedLabels {
  return {
    scores: [],
    shadowScores: [],
    labels: [],
    predictionTimeMs: [],
    predictionOffsets: [],
    versions: [],
    fallback: [],
  };
}

export class ControlObservations {
  #predictions = 0;
  #sampled = 0;
  #width = 0;
  #features = new Float32Array(0);
  #scores = new Float32Array(0);
  #labels = noLabels();
  #never = 0;
  #random: number;

  /** @param seed of the reservoir: the partition, so that a second run draws the same sample */
  constructor(seed: number) {
    this.#random = (seed + 1) >>> 0;
  }

  addPredictions(block: PredictionBlock): void {
    this.#width = block.width;
    for (let row = 0; row < block.count; row++) {
      const at = this.#place();
      this.#predictions += 1;
      if (at < 0) continue;
      this.#scores[at] = block.scores[row] as number;
      this.#features.set(
        block.features.subarray(row * block.width, (row + 1) * block.width),
        at * block.width,
      );
    }
  }

  /** Algorithm R (Vitter 1985): the place of the next row in the sample, or -1. */
  #place(): number {
    const rowsMax = Math.min(
      CONTROL_ROWS_MAX,
      Math.max(1, Math.floor(OBSERVED_BYTES_MAX / (4 * this.#width + 4))),
    );
    if (this.#sampled < rowsMax) {
      const at = this.#sampled++;
      if (at >= this.#scores.length || (at + 1) * this.#width > this.#features.length) this.#grow();
      return at;
    }
    const at = Math.floor(this.#next() * (this.#predictions + 1));
    return at < rowsMax ? at : -1;
  }

  #grow(): void {
    const rows = Math.min(CONTROL_ROWS_MAX, Math.max(256, this.#scores.length * 2));
    const scores = new Float32Array(rows);
    scores.set(this.#scores);
    this.#scores = scores;
    const features = new Float32Array(rows * this.#width);
    features.set(this.#features.subarray(0, Math.min(this.#features.length, features.length)));
    this.#features = features;
  }

  /** xorshift32 (Marsaglia 2003), uniform in [0, 1). */
  #next(): number {
    let x = this.#random;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#random = x >>> 0;
    return this.#random / 0x1_0000_0000;
  }

  addLabels(block: LabelBlock): void {
    const into = this.#labels;
    for (let i = 0; i < block.count; i++) {
      const label = block.labels[i] as number;
      if (Number.isNaN(label)) {
        this.#never += 1;
        continue;
      }
      into.labels.push(label);
      into.scores.push(block.scores[i] as number);
      into.shadowScores.push(block.shadowScores[i] as number);
      into.predictionTimeMs.push(block.predictionTimeMs[i] as number);
      into.predictionOffsets.push(block.predictionOffsets[i] as number);
      into.versions.push(block.versions[i] as string);
      into.fallback.push(((block.flags[i] as number) & FLAG_FALLBACK) !== 0);
    }
  }

  /** Returns what was seen since the last call, and starts empty. */
  drain(): PartitionObservations {
    const drained: PartitionObservations = {
      predictions: this.#predictions,
      sampled: this.#sampled,
      width: this.#width,
      features: this.#features.slice(0, this.#sampled * this.#width),
      scores: this.#scores.slice(0, this.#sampled),
      labels: this.#labels,
      labelsNever: this.#never,
    };
    this.#predictions = 0;
    this.#sampled = 0;
    this.#labels = noLabels();
    this.#never = 0;
    return drained;
  }
}
