// How a partition without events takes a new model (control path): no event ends an epoch there, so there is no barrier.
import type { RestoredTask } from './restored-task.ts';

/** Swaps the model between two epochs; an open epoch ends within the barrier interval, and swaps at its barrier. */
export async function takeWhileIdle(
  { epochs, model }: Pick<RestoredTask, 'epochs' | 'model'>,
  watermarkMs: number,
): Promise<void> {
  if (epochs.isOpen || !model.isPending) return;
  await epochs.settled();
  model.swapWhileIdle(watermarkMs);
}
