// The progress of a partition whose log is never asked where it ends.
import { PartitionProgress } from '../../src/runtime/progress/partition-progress.ts';

export function unwatchedProgress(clock: () => number = () => 0): PartitionProgress {
  return new PartitionProgress(0, clock, async () => undefined);
}
