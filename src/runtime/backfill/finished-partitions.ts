// Which partitions an interrupted backfill has finished (control path): state follows the rows of the history, so a partition
// whose state is that of its end is finished, and every other one starts over.
import type { CommittedOffset } from '../../ports/event-log.ts';
import type { StateStores } from '../../ports/state-store.ts';
import type { Topology } from '../../topology/define.ts';
import type { BackfillInput } from './backfill-input.ts';
import { BUILT_GENERATION } from './seed-state.ts';

/**
 * Clears the state of partitions that are not finished.
 * @param ended where the task of a partition ended, if it is known to have
 */
export async function finishedPartitions(
  topology: Topology,
  built: Pick<StateStores, 'open'>,
  inputs: readonly BackfillInput[],
  ended: (partition: number) => CommittedOffset | null,
): Promise<ReadonlyMap<number, CommittedOffset>> {
  const finished = new Map<number, CommittedOffset>();
  for (const { partition, to } of inputs) {
    const at = ended(partition);
    const end = await endOfState(topology, built, partition);
    if (at?.offset === to && end === to) finished.set(partition, at);
    else await built.open(topology.name, { topic: topology.source.topic, partition }).clear();
  }
  return finished;
}

/** The offset up to which a partition's state has its events; null without state. */
export async function endOfState(
  { name, source: { topic } }: Topology,
  built: Pick<StateStores, 'open'>,
  partition: number,
): Promise<number | null> {
  const checkpoint = await built.open(name, { topic, partition }).restore(BUILT_GENERATION);
  return checkpoint?.offsetNext ?? null;
}
