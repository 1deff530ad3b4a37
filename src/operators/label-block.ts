// Builds a LabelBlock row by row (hot path).
import type { LabelBlock } from '../core/blocks.ts';
import type { TopicPartition } from '../core/topic-partition.ts';
import type { PendingPrediction } from './pending-predictions.ts';

export class LabelBlockBuilder {
  readonly #origin: TopicPartition;
  readonly #pending: PendingPrediction[] = [];
  readonly #labels: number[] = [];
  readonly #labelTimeMs: number[] = [];
  readonly #labelOffsets: number[] = [];
  readonly #positions: number[] = [];

  constructor(origin: TopicPartition) {
    this.#origin = origin;
  }

  /**
   * @param label 0, 1, or NaN for a label that will never come
   * @param position where in the stream it comes out
   */
  add(
    pending: PendingPrediction,
    label: number,
    labelTimeMs: number,
    labelOffset: number,
    position: number,
  ): void {
    this.#pending.push(pending);
    this.#labels.push(label);
    this.#labelTimeMs.push(labelTimeMs);
    this.#labelOffsets.push(labelOffset);
    this.#positions.push(position);
  }

  /**
   * Null where nothing was added.
   * @param watermarkMs that ended the wait for all of these; null where events brought them
   */
  build(watermarkMs: number | null): LabelBlock | null {
    if (this.#pending.length === 0) return null;
    const of = this.#pending;
    return {
      origin: this.#origin,
      count: of.length,
      watermarkMs,
      predictionOffsets: Float64Array.from(of, (p) => p.offset),
      predictionTimeMs: Float64Array.from(of, (p) => p.timeMs),
      labelTimeMs: Float64Array.from(this.#labelTimeMs),
      labelOffsets: Float64Array.from(this.#labelOffsets),
      positions: Float64Array.from(this.#positions),
      labels: Float32Array.from(this.#labels),
      scores: Float32Array.from(of, (p) => p.score),
      shadowScores: Float32Array.from(of, (p) => p.shadowScore),
      flags: Uint8Array.from(of, (p) => p.flags),
      versions: of.map((p) => p.version),
      keys: of.map((p) => p.key),
    };
  }
}
