// What a partition's state has of erased entities (control path): found by their events, and removed in one commit.
import type { Batch } from '../../core/batch.ts';
import type { Schema } from '../../core/schema.ts';
import { emptyDelta, type StateDelta } from '../../core/state-delta.ts';
import type { TopicPartition } from '../../core/topic-partition.ts';
import type { FeatureAnswers } from '../../operators/hop.ts';
import type { ErasedEntities, StateErasure } from '../../operators/erasure.ts';
import { StateChanges, statePrefix } from '../../operators/state-changes.ts';
import type { Checkpoint, StateStore } from '../../ports/state-store.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { Topology } from '../../topology/define.ts';
import { Pipeline, type OpenStage } from '../task/pipeline.ts';

/** Up to which request the state has the erasures applied. No stage has this id. */
const MARK = '~erased';

/** -1 for none. */
export function erasedUpTo({ stages }: Pick<Checkpoint, 'stages'>): number {
  const blob = stages.get(MARK);
  const sequence = blob === undefined ? -1 : Number(Buffer.from(blob).toString('latin1'));
  return Number.isSafeInteger(sequence) ? sequence : -1;
}

/** @param sequence of the newest request that is applied; 0 without any */
export function markErased(stages: Map<string, Uint8Array>, sequence: number): void {
  if (sequence > 0) stages.set(MARK, Buffer.from(String(sequence), 'latin1'));
}

/** No event asks for any. */
const NO_ANSWERS: FeatureAnswers = {
  passed: () => undefined,
  ready: () => undefined,
  read: () => false,
  position: () => 0,
  seek: () => undefined,
  close: () => undefined,
};

/** Stages that are opened to be asked, and process nothing. */
export function openStages(
  topology: Topology,
  schema: Schema,
  origin: TopicPartition,
  telemetry: Telemetry,
): Pipeline {
  const nothing = (): void => undefined;
  return new Pipeline(topology, {
    topology: topology.name,
    origin,
    schema,
    telemetry,
    task: topology.task,
    entity: topology.source.entity ?? null,
    nowMs: () => 0,
    allowedLatenessMs: topology.watermarks.allowedLatenessMs,
    controlIntervalMs: null,
    isAligned: false,
    hotKeysMax: 0,
    predictionKeyBytesMax: Number.POSITIVE_INFINITY,
    restoredWatermarkMs: Number.NEGATIVE_INFINITY,
    model: { champion: null, shadow: null, swapAtBarrier: nothing },
    committed: { covers: () => false, find: () => -1, score: () => 0, flags: () => 0, version: () => '' },
    controlBarrier: (controlMs, offsetNext, watermarkMs) => ({
      kind: 'barrier',
      epoch: 0,
      offsetNext,
      watermarkMs,
      controlMs,
      delta: emptyDelta(),
      released: Promise.resolve(),
    }),
    reject: nothing,
    dropped: nothing,
    late: nothing,
    repartitioned: nothing,
    answers: NO_ANSWERS,
  });
}

/** Ids of the stages whose keyed state an erasure leaves as it is. */
export function stagesThatKeep({ stages }: Pipeline): string[] {
  return stages
    .filter(({ instance }) => instance.keyedState !== undefined && instance.keyedState.erasure === undefined)
    .map(({ id }) => id);
}

export class PipelineErasure {
  readonly #stages: readonly OpenStage[];
  readonly #erasures: ReadonlyMap<string, StateErasure>;

  constructor({ stages }: Pipeline, entities: ErasedEntities) {
    this.#stages = stages;
    this.#erasures = new Map(
      stages.flatMap(({ id, instance }) => {
        const erasure = instance.keyedState?.erasure?.(entities);
        return erasure === undefined ? [] : [[id, erasure] as const];
      }),
    );
  }

  /** The live rows of the batch are events of the entities. */
  collect(batch: Batch): void {
    let seen = batch;
    for (const { id, instance } of this.#stages) {
      this.#erasures.get(id)?.collect(seen);
      seen = instance.preview?.(seen) ?? seen;
    }
  }

  /** The change that leaves the state without what was collected. */
  async changes(store: Pick<StateStore, 'get'>): Promise<StateDelta> {
    const delta = emptyDelta();
    for (const [id, erasure] of this.#erasures) {
      const keys = [...erasure.keys()];
      const changes = new StateChanges(id, delta);
      for (let at = 0; at < keys.length; at += KEYS_MAX) {
        const read = keys.slice(at, at + KEYS_MAX);
        const blobs = await store.get(read.map((key) => statePrefix(id) + key));
        for (const [i, blob] of blobs.entries())
          if (blob !== null) erasure.strip(read[i] as string, blob, changes);
      }
    }
    return delta;
  }
}

/** Keys that are read at a time. */
const KEYS_MAX = 1_000;
