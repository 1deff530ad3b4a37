// What one partition saw between two control boundaries (hot path fills it): the raw material of drift statistics and
// prequential metrics. The rows are a bounded sample; all are counted.
import type { ClassLabels, LabelBlock, PredictionBlock } from '../core/blocks.ts';
import { FLAG_FALLBACK } from '../core/blocks.ts';
import type { TopicPartition } from '../core/topic-partition.ts';
import type { SampledRows } from '../stats/row-sample.ts';
import { RowSampler } from './sampled-rows.ts';

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
  /** Of a task with several outputs, the same number of numbers for each label, as its loss takes them; empty for one output. */
  readonly evidence: number[];
  /** Of the shadow model; NaN where it did not score. */
  readonly shadowEvidence: number[];
  /** What each entry says: a first label, or a part of a correction. */
  readonly changes: LabelChange[];
}

/** The prediction's first label. */
export const FIRST_LABEL = 0;
/** A label that was corrected or withdrawn: figures take it out. */
export const OLD_LABEL = 1;
/** What it was corrected to: an entry of its own, behind the old label if there was one. */
export const NEW_LABEL = 2;
export type LabelChange = typeof FIRST_LABEL | typeof OLD_LABEL | typeof NEW_LABEL;

export interface PartitionObservations {
  /** Predictions made, of which `rows` may hold a part. */
  readonly predictions: number;
  readonly rows: SampledRows;
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
    evidence: [],
    shadowEvidence: [],
    changes: [],
  };
}

export class ControlObservations {
  #predictions = 0;
  readonly #sampler: RowSampler;
  #labels = noLabels();
  #never = 0;

  /** @param origin the partition: the sample depends on the places of its rows in the log */
  constructor(origin: TopicPartition) {
    this.#sampler = new RowSampler(origin);
  }

  addPredictions(block: PredictionBlock): void {
    this.#predictions += block.count;
    this.#sampler.add(block);
  }

  addLabels(block: LabelBlock): void {
    const { revisions, classes } = block;
    for (let i = 0; i < block.count; i++) {
      const label = block.labels[i] as number;
      const isFirst = revisions === undefined || revisions.numbers[i] === 0;
      if (revisions !== undefined && !isFirst)
        this.#add(block, i, revisions.previous[i] as number, OLD_LABEL, revisions.previousClasses);
      if (isFirst && Number.isNaN(label)) this.#never += 1;
      this.#add(block, i, label, isFirst ? FIRST_LABEL : NEW_LABEL, classes);
    }
  }

  #add(block: LabelBlock, i: number, label: number, change: LabelChange, classes?: ClassLabels): void {
    if (Number.isNaN(label)) return;
    const into = this.#labels;
    into.labels.push(label);
    into.scores.push(block.scores[i] as number);
    into.shadowScores.push(block.shadowScores[i] as number);
    into.predictionTimeMs.push(block.predictionTimeMs[i] as number);
    into.predictionOffsets.push(block.predictionOffsets[i] as number);
    into.versions.push(block.versions[i] as string);
    into.fallback.push(((block.flags[i] as number) & FLAG_FALLBACK) !== 0);
    into.changes.push(change);
    if (classes !== undefined) addEvidence(classes, i, into);
  }

  /** Returns what was seen since the last call. @param endsInterval whether a boundary follows */
  drain(endsInterval: boolean): PartitionObservations {
    const drained: PartitionObservations = {
      predictions: this.#predictions,
      rows: this.#sampler.drain(endsInterval),
      labels: this.#labels,
      labelsNever: this.#never,
    };
    this.#predictions = 0;
    this.#labels = noLabels();
    this.#never = 0;
    return drained;
  }
}

function addEvidence(
  { width, evidence, shadowEvidence }: ClassLabels,
  row: number,
  into: JoinedLabels,
): void {
  for (let k = row * width; k < (row + 1) * width; k += 1) {
    into.evidence.push(evidence[k] as number);
    into.shadowEvidence.push(shadowEvidence[k] as number);
  }
}
