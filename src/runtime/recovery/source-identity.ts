// Which incarnation of its source topic a partition was committed from (control path). A topic that is deleted and created
// again has the same name and another id, and its offsets begin again.
import type { Checkpoint } from '../../ports/state-store.ts';

export interface SourceIdentity {
  /** The log's id of the topic; null if the log has none. */
  readonly topicId: string | null;
  /** Offset in the predictions topic from which on its records are of this incarnation. */
  readonly predictionsFrom: number;
}

export const UNKNOWN_SOURCE: SourceIdentity = { topicId: null, predictionsFrom: 0 };

/** The id is in the state as well, as the log forgets a group's offsets with the topic. No stage has this id. */
const STATE_KEY = '~source';

/** The epoch of a checkpoint that holds nothing but the id; its model is not meant. */
export const NO_EPOCH = 0;

export function topicIdOf(checkpoint: Checkpoint | null): string | null {
  const blob = checkpoint?.stages.get(STATE_KEY);
  return blob === undefined ? null : Buffer.from(blob).toString('latin1');
}

/** Adds the id to the state of an epoch. */
export function addTopicId(stages: Map<string, Uint8Array>, { topicId }: SourceIdentity): void {
  if (topicId !== null) stages.set(STATE_KEY, Buffer.from(topicId, 'latin1'));
}

/** As part of the metadata of an offset. */
export function packSource({ topicId, predictionsFrom }: SourceIdentity): unknown[] {
  return [topicId, predictionsFrom];
}

export function parseSource(packed: unknown): SourceIdentity {
  if (!Array.isArray(packed)) return UNKNOWN_SOURCE;
  const [topicId, predictionsFrom]: unknown[] = packed;
  return {
    topicId: typeof topicId === 'string' ? topicId : null,
    predictionsFrom:
      typeof predictionsFrom === 'number' && Number.isSafeInteger(predictionsFrom)
        ? Math.max(0, predictionsFrom)
        : 0,
  };
}
