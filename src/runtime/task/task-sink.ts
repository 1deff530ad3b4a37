// Takes the batches that leave the pipeline (hot path, once a batch): outputs, observations, statistics of the run.
import type { Batch, FeatureMatrix } from '../../core/batch.ts';
import type { FeatureBlock } from '../../core/blocks.ts';
import type { ControlObservations } from '../../operators/observations.ts';
import { isPublishedBatch } from '../recovery/published-batches.ts';
import type { RestoredTask } from './restored-task.ts';
import { changedCounts } from '../../operators/label-counts.ts';
import { alertsOf, fallbacksOf } from './run-stats.ts';
import type { TaskParts } from './task-parts.ts';

export class TaskSink {
  readonly #parts: TaskParts;
  readonly #observations: ControlObservations;
  readonly #isAligned: boolean;

  constructor(parts: TaskParts, observations: ControlObservations) {
    this.#parts = parts;
    this.#observations = observations;
    this.#isAligned = parts.topology.control?.mode === 'aligned';
  }

  /** @param startedMs when the batch entered the pipeline, in terms of performance.now() */
  write(batch: Batch, { at, outputs, epochs, counts }: RestoredTask, startedMs: number): void {
    const { stats, telemetry, topology } = this.#parts;
    const { predictions, labels } = batch;
    const isPublished = isPublishedBatch(batch, at.committed);
    if (predictions !== null) {
      outputs.predictions(predictions);
      if (!isPublished) this.#observations.addPredictions(predictions);
      // In aligned mode, a batch after a boundary has waited there on purpose: the wait is no latency.
      const sinceMs = this.#isAligned ? Math.max(startedMs, epochs.startedMs) : batch.receivedAtMs;
      stats.addLatency(predictions, sinceMs);
      counts.total('predictions', predictions.count);
      counts.total('fallbacks', fallbacksOf(predictions));
      if (topology.task.alerts !== undefined) counts.total('alerts', alertsOf(predictions));
      telemetry.observe('prediction_latency_seconds', performance.now() - sinceMs, {
        topology: topology.name,
      });
    }
    const { features } = batch;
    if (features !== null && features.rowCount > 0 && topology.score === null)
      outputs.features(featureBlock(batch, features));
    if (labels !== null) {
      outputs.labels(labels);
      epochs.touched = true;
      if (!isPublished) this.#observations.addLabels(labels);
      const { joined, never } = changedCounts(labels);
      counts.total('labelsJoined', joined);
      counts.total('labelsNever', never);
      // Counters only rise: corrections have their own.
      counts.count('labels_joined_total', Math.max(0, joined), { topology: topology.name });
      counts.count('labels_never_total', Math.max(0, never), { topology: topology.name });
    }
  }
}

/** The vectors of a topology that scores nothing. */
function featureBlock(
  { origin, offsets, eventTimeMs }: Batch,
  { rowCount, rows, values, width, entities }: FeatureMatrix,
): FeatureBlock {
  const keys = entities[0]?.keys ?? [];
  return {
    origin,
    count: rowCount,
    offsets: Float64Array.from(rows, (row) => offsets[row] as number),
    eventTimeMs: Float64Array.from(rows, (row) => eventTimeMs[row] as number),
    keys: Array.from(rows, (_row, i) => keys[i] ?? ''),
    features: values,
    width,
    entities,
  };
}
