// What a task provides to its stages (control path; the callbacks take rows that leave the pipeline by a side output).
import type { PartitionContext } from './pipeline.ts';
import type { CommittedPredictions } from '../recovery/committed-predictions.ts';
import type { AnswersFeed } from '../answers/answers-feed.ts';
import type { EpochOutputs } from '../commit/epoch-outputs.ts';
import type { EpochCounts } from '../commit/epoch-counts.ts';
import type { Epochs } from '../commit/epochs.ts';
import type { OpenSlot } from '../models/model-hub.ts';
import type { RestorePoint } from '../recovery/restore-point.ts';
import { visibleSchema } from '../../topology/sensitive-columns.ts';
import type { TaskParts } from './task-parts.ts';

const DROPPED = {
  duplicate: { total: 'duplicates', metric: 'events_duplicate_total' },
  filtered: { total: 'filtered', metric: 'events_filtered_total' },
} as const;

export interface ContextParts {
  readonly at: RestorePoint;
  readonly model: OpenSlot;
  readonly outputs: EpochOutputs;
  readonly epochs: Epochs;
  readonly counts: EpochCounts;
  readonly committed: CommittedPredictions;
  /** Null without views of other keys. */
  readonly answers: AnswersFeed | null;
}

export function stageContext(
  parts: TaskParts,
  { at, model, outputs, epochs, committed, counts, answers }: ContextParts,
): PartitionContext {
  const { topology, assignment, decoder, nowMs, settings, places } = parts;
  return {
    topology: topology.name,
    origin: { topic: assignment.topic, partition: assignment.partition },
    schema: visibleSchema(decoder.schema, topology.source),
    telemetry: counts,
    task: topology.task,
    entity: topology.source.entity ?? null,
    nowMs,
    allowedLatenessMs: topology.watermarks.allowedLatenessMs,
    controlIntervalMs: topology.control?.everyMs ?? null,
    isAligned: topology.control?.mode === 'aligned',
    hotKeysMax: settings.hotKeysMax,
    predictionKeyBytesMax: outputs.predictionKeyBytesMax,
    restoredWatermarkMs: at.watermarkMs,
    outcomesFrom: at.outcomesFrom,
    model,
    committed,
    controlBarrier: (controlMs, offsetNext, watermarkMs) =>
      epochs.barrier(controlMs, offsetNext, watermarkMs),
    reject: (batch, row, code, message) =>
      outputs.deadLetter(batch.raw, batch.rawIndex[row] as number, code, message),
    dropped: (stage, rows, as) => {
      counts.total(DROPPED[as].total, rows);
      counts.count(DROPPED[as].metric, rows, { topology: topology.name, stage });
    },
    late: (batch, row, watermarkMs) => outputs.late(batch, row, watermarkMs),
    repartitioned: (...rows) => outputs.repartitioned(...rows),
    ...(answers === null ? {} : { answers }),
    ...(places === null ? {} : { placesOf: ({ raw }) => places.of(raw) }),
    answered: (batch) => outputs.answered(batch),
    ...(parts.tables === undefined ? {} : { tables: parts.tables }),
    sensitive: new Set(Object.keys(topology.source.sensitive ?? {})),
    profiles: {
      opened: (period) => parts.profiles.opened(assignment.partition, period),
      closed: (rows) => outputs.profiles(rows),
    },
  };
}
