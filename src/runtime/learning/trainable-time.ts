// How far the rows have come that a training can be given (control path), and how much of it is new.
import { isInstant } from '../../core/time.ts';
import { OLD_LABEL, type PartitionObservations } from '../../operators/observations.ts';
import type { Topology } from '../../topology/define.ts';

/**
 * How old a prediction is before its label is certain, ms: where the time-out gives one (`otherwise`), those of younger
 * predictions are the outcomes that are reported early, and training on them would take the others for rarer than they are.
 */
export function deadlineMs(labels: Topology['labels']): number {
  return labels === null || Number.isNaN(labels.options.timedOutLabel) ? 0 : labels.options.timeoutMs;
}

export interface TrainableRows {
  readonly labels: number;
  /** Of predictions that are newer than the champion's rows. */
  readonly fresh: number;
  /** Labels that are 1: of two classes, the positive one. */
  readonly positives: number;
  readonly freshPositives: number;
}

export class TrainableTime {
  /** Event time of the newest prediction that has its label, ms; -Infinity before the first. */
  newestMs: number = Number.NEGATIVE_INFINITY;

  /** Takes the labels of a boundary, less those that were corrected or withdrawn: how many there are, how many of predictions after `newestRowMs`, and of both the ones. */
  add(observations: readonly PartitionObservations[], newestRowMs: number): TrainableRows {
    const rows = { labels: 0, fresh: 0, positives: 0, freshPositives: 0 };
    for (const { labels: joined } of observations) {
      for (const [i, label] of joined.labels.entries()) {
        const one = joined.changes[i] === OLD_LABEL ? -1 : 1;
        rows.labels += one;
        if (label === 1) rows.positives += one;
        const timeMs = joined.predictionTimeMs[i] as number;
        if (!isInstant(timeMs)) continue;
        if (timeMs > this.newestMs) this.newestMs = timeMs;
        if (timeMs <= newestRowMs) continue;
        rows.fresh += one;
        if (label === 1) rows.freshPositives += one;
      }
    }
    return rows;
  }

  /** Takes the predictions of a boundary at `atMs`, of a task without labels: each is a row at once. */
  addUnlabelled(
    observations: readonly PartitionObservations[],
    atMs: number,
    newestRowMs: number,
  ): TrainableRows {
    const labels = observations.reduce((sum, { predictions }) => sum + predictions, 0);
    this.newestMs = Math.max(this.newestMs, atMs);
    return { labels, fresh: atMs > newestRowMs ? labels : 0, positives: 0, freshPositives: 0 };
  }
}
