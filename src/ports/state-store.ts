// Port: keyed state and online features (Redis, or node:sqlite).
import type { StateDelta } from '../core/state-delta.ts';
import type { TopicPartition } from '../core/topic-partition.ts';

export interface Checkpoint {
  readonly epoch: number;
  /** The state offset: a restart reads from it. */
  readonly offsetNext: number;
  readonly watermarkMs: number;
  readonly modelVersion: string;
  /** State of stages without a key, by stage id. */
  readonly stages: ReadonlyMap<string, Uint8Array>;
  /** Stages whose state is gone or damaged, as keys (`stageKey`); none if left out. */
  readonly lost?: readonly string[];
}

/** State of one partition of one topology. Every write checks the generation that `restore` has announced. */
export interface StateStore {
  /**
   * Announces this owner, which fences every older one, and reads the last checkpoint; null if there is none, or it does
   * not verify: the store then counts as empty. Throws
   * FENCED if a newer generation has been announced, unless `takesOver` is set: the group has restarted its numbering.
   */
  restore(generation: number, takesOver?: boolean): Promise<Checkpoint | null>;
  /**
   * State blobs in the order of the keys (`<stage>:<key>`), in one round trip; null for a key that was never written, was
   * deleted, or has expired by event time. Throws StateLost for keys that were written and are gone, or do not verify.
   */
  get(keys: readonly string[]): Promise<ReadonlyArray<Uint8Array | null>>;
  /** Throws STORE_FAILED if the store has lost a commit of this owner, FENCED if a newer owner has announced itself. */
  check(): Promise<void>;
  /**
   * Writes the checkpoint and the delta atomically, and deletes keys that have expired by its watermark. Throws FENCED if a
   * newer generation has been announced, StateLost if a key that is appended to is gone or damaged.
   */
  commit(at: Omit<Checkpoint, 'stages' | 'lost'>, delta: StateDelta): Promise<void>;
  /** Deletes keys at once: they count as never written. */
  forget(keys: readonly string[]): Promise<void>;
  /** Deletes everything that the store has of the partition. */
  clear(): Promise<void>;
}

/** State of a key, as of the last checkpoint of its partition. */
export interface ServedState {
  readonly state: Uint8Array;
  /** Event time of the newest event in it, ms. */
  readonly eventTimeMs: number;
}

export interface ServedStates {
  /** The partition's watermark at the checkpoint, ms. */
  readonly watermarkMs: number;
  /** The state offset: events from it on are not in the state. */
  readonly offsetNext: number;
  /** Whether the state has all events before the offset: not while it is rebuilt. */
  readonly isComplete: boolean;
  /** In the order of the keys; null where the store has no state. */
  readonly states: ReadonlyArray<ServedState | null>;
  /** Positions of keys whose state was written, and is gone or does not verify. */
  readonly lost: ReadonlySet<number>;
}

export interface StateStores {
  open(topology: string, partition: TopicPartition): StateStore;
  /**
   * The state of keys as any reader of the online store sees it, in one round trip; null before the first checkpoint. It may
   * have outlived what a window would show.
   */
  served(topology: string, partition: TopicPartition, keys: readonly string[]): Promise<ServedStates | null>;
  ping(): Promise<void>;
  /** Throws STORE_LOSES_STATE if the store is set to drop state that nothing has deleted. */
  verify(): Promise<void>;
  close(): Promise<void>;
}
