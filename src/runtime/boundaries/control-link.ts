// What a task needs from the decision of control boundaries (control path), in this process or across the fleet.
import type { TopicPartition } from '../../core/topic-partition.ts';
import type { ControlObservations } from '../../operators/observations.ts';
import type { LogRecord } from '../../ports/event-log.ts';

export interface TopicRecords {
  readonly topic: string;
  readonly records: readonly LogRecord[];
}

/** How a partition comes to a boundary. */
export interface BoundaryArrival {
  readonly observations: ControlObservations;
  /** Whether an earlier run has gone on from there: the boundary was decided then. */
  readonly isPassed: boolean;
}

export interface ControlLink {
  /** No more events will be appended: a partition that has caught up is idle at once. */
  sourceEnded: boolean;
  /**
   * Whether a partition's state, and with it the rows of its after-commit sinks, must be stored before it arrives at a
   * boundary: a restart then starts there, and a training, wherever it runs, reads all rows up to there.
   */
  readonly isDurable: boolean;
  /** A task of this partition starts: boundaries wait for it until it is known to have no events. */
  join(origin: TopicPartition): void;
  /** The partition has events: boundaries wait for it from now on. */
  active(origin: TopicPartition): void;
  /** The partition has caught up and has no events: no boundary waits for it. */
  idle(origin: TopicPartition): void;
  /** The task has ended. */
  leave(origin: TopicPartition, observations: ControlObservations): void;
  /** Records for the transaction of an epoch that ends, at the boundary `controlMs` unless it is null. */
  closeEpoch(
    origin: TopicPartition,
    controlMs: number | null,
    observations: ControlObservations,
  ): readonly TopicRecords[];
  /**
   * The epoch that ends at the boundary is committed, and stored if `isDurable`. Resolves when the partition may continue; with false if it may not,
   * because the engine stops before the boundary is decided.
   */
  arrive(origin: TopicPartition, atMs: number, arrival: BoundaryArrival): Promise<boolean>;
  /** A task starts exactly at a boundary, which may not be decided yet: as `arrive`, without observations. */
  resume(origin: TopicPartition, atMs: number): Promise<boolean>;
}
