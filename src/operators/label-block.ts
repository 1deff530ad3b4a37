// Builds a LabelBlock row by row (hot path).
import type { ClassLabels, LabelBlock, LabelRevisions } from '../core/blocks.ts';
import type { TopicPartition } from '../core/topic-partition.ts';
import { evidenceWidth, outputCount, writeEvidence } from '../tasks/outputs.ts';
import type { TaskOutput } from '../tasks/task.ts';
import type { PendingPrediction } from './pending-record.ts';

export class LabelBlockBuilder {
  readonly #origin: TopicPartition;
  readonly #pending: PendingPrediction[] = [];
  readonly #labels: number[] = [];
  readonly #labelTimeMs: number[] = [];
  readonly #labelOffsets: number[] = [];
  readonly #positions: number[] = [];
  readonly #revisions: number[] = [];
  readonly #previous: number[] = [];
  #corrects = false;

  readonly #output: TaskOutput;
  readonly #from: number;

  /** @param from offset before which predictions are left out */
  constructor(origin: TopicPartition, output: TaskOutput, from: number = 0) {
    this.#origin = origin;
    this.#output = output;
    this.#from = from;
  }

  /**
   * @param pending with the label that it has, if this one corrects it
   * @param label as the task reads it; NaN for a label that will never come, or was withdrawn
   * @param position place in the stream at which it is known
   */
  add(
    pending: PendingPrediction,
    label: number,
    labelTimeMs: number,
    labelOffset: number,
    position: number,
  ): void {
    if (pending.offset < this.#from) return;
    this.#pending.push(pending);
    this.#labels.push(label);
    this.#labelTimeMs.push(labelTimeMs);
    this.#labelOffsets.push(labelOffset);
    this.#positions.push(position);
    const { settled } = pending;
    if (settled !== undefined) this.#corrects = true;
    this.#revisions.push(settled === undefined ? 0 : settled.revision + 1);
    this.#previous.push(settled?.label ?? Number.NaN);
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
      ...(outputCount(this.#output) === 1 ? {} : { classes: this.#classes(this.#labels) }),
      ...(this.#corrects ? { revisions: this.#labelRevisions() } : {}),
      flags: Uint8Array.from(pending, (p) => p.flags),
      versions: pending.map((p) => p.version),
      keys: pending.map((p) => p.key),
    };
  }

  #labelRevisions(): LabelRevisions {
    return {
      numbers: Uint32Array.from(this.#revisions),
      previous: Float32Array.from(this.#previous),
      ...(outputCount(this.#output) === 1 ? {} : { previousClasses: this.#classes(this.#previous) }),
    };
  }

  #classes(labels: readonly number[]): ClassLabels {
    const width = evidenceWidth(this.#output);
    const evidence = new Float32Array(this.#pending.length * width).fill(Number.NaN);
    const shadowEvidence = evidence.slice();
    const count = outputCount(this.#output);
    for (const [i, { outputs }] of this.#pending.entries()) {
      const label = labels[i] as number;
      // Where the topology had other classes before, what waited has no evidence.
      if (Number.isNaN(label) || outputs?.length !== 2 * count) continue;
      writeEvidence(this.#output, outputs, 0, label, evidence, i * width);
      if (!Number.isNaN(outputs[count]))
        writeEvidence(this.#output, outputs, count, label, shadowEvidence, i * width);
    }
    return { names: this.#output.classes ?? [], width, evidence, shadowEvidence };
  }
}
