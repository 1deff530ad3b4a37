// Builds a LabelBlock row by row (hot path).
import type { ClassLabels, LabelBlock } from '../core/blocks.ts';
import type { TopicPartition } from '../core/topic-partition.ts';
import { evidenceWidth, outputCount, writeEvidence } from '../tasks/outputs.ts';
import type { TaskOutput } from '../tasks/task.ts';
import type { PendingPrediction } from './pending-predictions.ts';

export class LabelBlockBuilder {
  readonly #origin: TopicPartition;
  readonly #pending: PendingPrediction[] = [];
  readonly #labels: number[] = [];
  readonly #labelTimeMs: number[] = [];
  readonly #labelOffsets: number[] = [];
  readonly #positions: number[] = [];

  readonly #output: TaskOutput;

  constructor(origin: TopicPartition, output: TaskOutput) {
    this.#origin = origin;
    this.#output = output;
  }

  /**
   * @param label as the task reads it; NaN for a label that will never come
   * @param position place in the stream at which it is known
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
   * Null if nothing was added.
   * @param watermarkMs the watermark that ended the wait for all of these; null if events brought them
   */
  build(watermarkMs: number | null): LabelBlock | null {
    if (this.#pending.length === 0) return null;
    const pending = this.#pending;
    return {
      origin: this.#origin,
      count: pending.length,
      watermarkMs,
      predictionOffsets: Float64Array.from(pending, (p) => p.offset),
      predictionTimeMs: Float64Array.from(pending, (p) => p.timeMs),
      labelTimeMs: Float64Array.from(this.#labelTimeMs),
      labelOffsets: Float64Array.from(this.#labelOffsets),
      positions: Float64Array.from(this.#positions),
      labels: Float32Array.from(this.#labels),
      scores: Float32Array.from(pending, (p) => p.score),
      shadowScores: Float32Array.from(pending, (p) => p.shadowScore),
      ...(outputCount(this.#output) === 1 ? {} : { classes: this.#classes() }),
      flags: Uint8Array.from(pending, (p) => p.flags),
      versions: pending.map((p) => p.version),
      keys: pending.map((p) => p.key),
    };
  }

  #classes(): ClassLabels {
    const width = evidenceWidth(this.#output);
    const evidence = new Float32Array(this.#pending.length * width).fill(Number.NaN);
    const shadowEvidence = evidence.slice();
    const count = outputCount(this.#output);
    for (const [i, { outputs }] of this.#pending.entries()) {
      const label = this.#labels[i] as number;
      // Where the topology had other classes before, what waited has no evidence.
      if (Number.isNaN(label) || outputs?.length !== 2 * count) continue;
      writeEvidence(this.#output, outputs, 0, label, evidence, i * width);
      if (!Number.isNaN(outputs[count]))
        writeEvidence(this.#output, outputs, count, label, shadowEvidence, i * width);
    }
    return { names: this.#output.classes ?? [], width, evidence, shadowEvidence };
  }
}
