// Port: keyed state and online features (Redis, or node:sqlite).
import type { StateDelta } from '../core/state-delta.ts';
import type { TopicPartition } from '../core/topic-partition.ts';

export interface Checkpoint {
  readonly epoch: number;
  /** S: the offset that a restart reads from. */
  readonly offsetNext: number;
  readonly watermarkMs: number;
  readonly modelVersion: string;
  /** State of stages without a key, by stage id. */
  readonly stages: ReadonlyMap<string, Uint8Array>;
}

/** State of one partition of one topology. Every write checks the generation that `restore` announced. */
export interface StateStore {
  /**
   * Announces this owner, so that every older one is fenced, and reads the last checkpoint; null where there is none.
   * Throws FENCED where a newer generation has been announced, unless it takes over: the group counts anew.
   */
  restore(generation: number, takesOver?: boolean): Promise<Checkpoint | null>;
  /** State blobs in the order of the keys (`<stage>:<key>`), in one round trip; null where a key holds nothing. */
  get(keys: readonly string[]): Promise<ReadonlyArray<Uint8Array | null>>;
  /** Throws STORE_FAILED where the store lost what this owner had committed, FENCED where a newer one has announced itself. */
  check(): Promise<void>;
  /** One atomic write of the checkpoint and the delta; throws FENCED where a newer generation has been announced. */
  commit(at: Omit<Checkpoint, 'stages'>, delta: StateDelta): Promise<void>;
}

export interface StateStores {
  open(topology: string, of: TopicPartition): StateStore;
  /** The served feature vector of an entity, as any reader of the online store sees it; null where there is none. */
  served(
    topology: string,
    of: TopicPartition,
    key: string,
  ): Promise<{ values: Float32Array; eventTimeMs: number } | null>;
  ping(): Promise<void>;
  close(): Promise<void>;
}
