// How far the rows have come that a training can be given (control path), and how much of it is new.
import { isInstant } from '../../core/time.ts';
import type { PartitionObservations } from '../../operators/observations.ts';

export class TrainableTime {
  /** Event time of the newest prediction that has its label, ms; -Infinity before the first. */
  newestMs: number = Number.NEGATIVE_INFINITY;

  /** Takes the labels of a boundary: how many there are, and how many of predictions after `newestRowMs`. */
  add(
    observations: readonly PartitionObservations[],
    newestRowMs: number,
  ): { readonly labels: number; readonly fresh: number } {
    let labels = 0;
    let fresh = 0;
    for (const { labels: joined } of observations) {
      labels += joined.labels.length;
      for (const timeMs of joined.predictionTimeMs) {
        if (!isInstant(timeMs)) continue;
        if (timeMs > newestRowMs) fresh += 1;
        if (timeMs > this.newestMs) this.newestMs = timeMs;
      }
    }
    return { labels, fresh };
  }

  /** Takes the predictions of a boundary at `atMs`, of a task without labels: each is a row at once. */
  addUnlabelled(
    observations: readonly PartitionObservations[],
    atMs: number,
    newestRowMs: number,
  ): { readonly labels: number; readonly fresh: number } {
    const labels = observations.reduce((sum, { predictions }) => sum + predictions, 0);
    this.newestMs = Math.max(this.newestMs, atMs);
    return { labels, fresh: atMs > newestRowMs ? labels : 0 };
  }
}
