// What a stage removes from its keyed state when entities are erased (control path).
import type { Batch } from '../core/batch.ts';
import type { StateChanges } from './state-changes.ts';

/** Entities of one partition that are erased together. */
export interface ErasedEntities {
  /** The source's entity column. */
  readonly column: string;
  /** The entities, as far as their values are known. */
  readonly values: readonly string[];
  /** The column of the predictions' keys; null without a score stage. */
  readonly predictionKey: string | null;
}

/** First `collect` with all that is left of the entities' events, then `keys`, then `strip` for each key that is stored. */
export interface StateErasure {
  /** The live rows of the batch are events of the entities. */
  collect(batch: Batch): void;
  /** Keys of the stage, without its prefix, that may have something of those events. */
  keys(): Iterable<string>;
  /** Adds the change that leaves the key without them; none if it has nothing of them. */
  strip(key: string, blob: Uint8Array, changes: StateChanges): void;
}
