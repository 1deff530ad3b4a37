// The control boundaries of a backfill (control path): nothing is decided at them. There are no reports and no trainings, so
// no partition waits for another.
import type { TopicPartition } from '../../core/topic-partition.ts';
import type { ControlObservations } from '../../operators/observations.ts';
import type { ControlLink, TopicRecords } from '../boundaries/control-link.ts';

export class UndecidedBoundaries implements ControlLink {
  /** The clock must not advance event time between two pages. */
  sourceEnded = false;
  readonly isDurable = false;

  join(): void {}
  active(): void {}
  idle(): void {}

  leave(_origin: TopicPartition, observations: ControlObservations): void {
    observations.drain(true);
  }

  closeEpoch(
    _origin: TopicPartition,
    controlMs: number | null,
    observations: ControlObservations,
  ): readonly TopicRecords[] {
    observations.drain(controlMs !== null);
    return [];
  }

  arrive(): Promise<boolean> {
    return Promise.resolve(true);
  }

  resume(): Promise<boolean> {
    return Promise.resolve(true);
  }
}
