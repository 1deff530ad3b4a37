// What a stage needs to be opened apart from an engine (control path).
import { Subject } from 'rxjs';
import type { Barrier, Batch, StreamElement } from '../../src/core/batch.ts';
import { HOT_KEYS_MAX } from '../../src/core/task-limits.ts';
import { emptyDelta } from '../../src/core/state-delta.ts';
import {
  snapshotStage,
  type CommittedScores,
  type EngineStageContext,
  type Stage,
} from '../../src/operators/stage.ts';
import type { SourceDecoder } from '../../src/runtime/task/source-decoder.ts';
import type { Topology } from '../../src/index.ts';
import { FakeTelemetry } from '../../src/testing/index.ts';

const NONE_COMMITTED: CommittedScores = {
  covers: () => false,
  find: () => -1,
  score: () => Number.NaN,
  flags: () => 0,
  version: () => '',
};

export function contextOf(topology: Topology, decoder: Pick<SourceDecoder, 'schema'>): EngineStageContext {
  return {
    topology: topology.name,
    stage: 'bench',
    origin: { topic: topology.source.topic, partition: 0 },
    schema: decoder.schema,
    telemetry: new FakeTelemetry(),
    task: topology.task,
    nowMs: Date.now,
    allowedLatenessMs: topology.watermarks.allowedLatenessMs,
    controlIntervalMs: null,
    isAligned: false,
    hotKeysMax: HOT_KEYS_MAX,
    predictionKeyBytesMax: Number.POSITIVE_INFINITY,
    restoredWatermarkMs: Number.NEGATIVE_INFINITY,
    model: { champion: null, shadow: null, swapAtBarrier: () => undefined },
    committed: NONE_COMMITTED,
    controlBarrier: (_controlMs, offsetNext, watermarkMs) => barrierAt(offsetNext, watermarkMs),
    reject: () => undefined,
    dropped: () => undefined,
    late: () => undefined,
    repartitioned: () => undefined,
  };
}

export function barrierAt(offsetNext: number, watermarkMs: number): Barrier {
  const released = Promise.resolve();
  return {
    kind: 'barrier',
    epoch: 1,
    offsetNext,
    watermarkMs,
    controlMs: null,
    delta: emptyDelta(),
    released,
  };
}

export interface OpenStage {
  push(element: StreamElement): void;
  /** The last batch that came out. */
  readonly out: Batch | null;
}

export function openStage(stage: Stage, context: EngineStageContext): OpenStage {
  const source = new Subject<StreamElement>();
  let out: Batch | null = null;
  const instance = stage.open(context);
  source.pipe(instance.operator).subscribe((element) => {
    if (element.kind === 'batch') out = element;
    if (element.kind === 'barrier') snapshotStage(stage.id, instance, element);
  });
  return {
    push: (element) => source.next(element),
    get out(): Batch | null {
      return out;
    },
  };
}
