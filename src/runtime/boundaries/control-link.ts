// What a task needs of whoever decides control boundaries (control path): in this process, or across the fleet.
import type { TopicPartition } from '../../core/topic-partition.ts';
import type { ControlObservations } from '../../operators/observations.ts';
import type { LogRecord } from '../../ports/event-log.ts';

export interface TopicRecords {
  readonly topic: string;
  readonly records: readonly LogRecord[];
}

export interface ControlLink {
  /** No more events will be appended: a partition that has caught up is idle at once. */
  sourceEnded: boolean;
  /** Whether a partition's state must be in the store before the boundary is told: a restart then begins at it. */
  readonly isDurable: boolean;
  /** A task of this partition begins: boundaries wait for it until it is known to have no events. */
  join(of: TopicPartition): void;
  /** The partition has events: boundaries wait for it from now on. */
  active(of: TopicPartition): void;
  /** The partition has caught up and has no events: no boundary waits for it. */
  idle(of: TopicPartition): void;
  /** The task has ended. */
  leave(of: TopicPartition, observations: ControlObservations): void;
  /** Awaited before an epoch that ends at a boundary is committed: what a training will read must be there. */
  beforeBoundary(): Promise<void>;
  /** What goes into the transaction of an epoch that ends, at a boundary where `controlMs` is one. */
  closeEpoch(
    of: TopicPartition,
    controlMs: number | null,
    observations: ControlObservations,
  ): readonly TopicRecords[];
  /** The epoch that ends at the boundary is committed; resolves when the partition may go on. */
  arrive(of: TopicPartition, atMs: number, observations: ControlObservations): Promise<void>;
}
