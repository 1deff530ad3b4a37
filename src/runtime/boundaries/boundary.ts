// A control boundary, and who decides it (control path).
import type { TopicPartition } from '../../core/topic-partition.ts';
import type { PartitionObservations } from '../../operators/observations.ts';

/** The observations of all partitions up to a boundary, in partition order. */
export interface Boundary {
  /** Event time, ms. */
  readonly atMs: number;
  readonly observations: readonly PartitionObservations[];
}

export interface BoundaryKeeper {
  /** Decides a boundary; aligned partitions wait for it. */
  decide(boundary: Boundary): Promise<void>;
  /** Takes the observations of a partition after its last boundary, when it ends. */
  remaining(observations: PartitionObservations): void;
}

/** How far a partition has come. */
export interface MemberState extends TopicPartition {
  readonly idle: boolean;
  /** -Infinity before its first boundary. */
  readonly reachedMs: number;
}
