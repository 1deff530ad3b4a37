// Erases an entity from the part that sends the events of a topology to the topics of other keys (control path): from its
// state, and its data keys, by which those topics name the entity.
import { entityDigest } from '../../../runtime/erasure/erased-rows.ts';
import { openProtection, type PersonalKeys } from '../../../runtime/personal/protection.ts';
import { sharedArchive } from '../../../runtime/shared-archive.ts';
import type { Topology } from '../../../topology/define.ts';
import type { SourceFormat } from '../../../topology/source-format.ts';
import { topicSpecs } from '../../../topology/topics.ts';
import type { Parts } from '../../../topology/parts.ts';
import type { Adapters } from '../../compose/adapters.ts';
import { applyEverywhere, openErasures } from './own-partitions.ts';
import { forget, publishRequest } from './requests.ts';

export interface FrontErasure {
  readonly front: Topology;
  readonly adapters: Adapters;
  readonly format: Pick<SourceFormat, 'decoder'>;
  readonly personal: PersonalKeys;
  /** As stages see it. */
  readonly entity: string;
}

export function frontOf({ others }: Parts): Topology | null {
  return others.find(({ part }) => part?.role === 'front') ?? null;
}

/**
 * @param below what is erased of each partition at least; by default what the source has now
 * @returns the offset below which each partition is erased
 * @throws ERASURE_INCOMPLETE if an owner has not applied it in time
 */
export async function eraseFromFront(
  { front, adapters, format, personal, entity }: FrontErasure,
  below: readonly number[] | null,
): Promise<number[]> {
  const { log, codec, history } = adapters;
  const quarantine = adapters.quarantines.of(front.name);
  await log.ensureTopics(topicSpecs(front));
  const protection = openProtection({ topology: front, log, codec, quarantine, nowMs: Date.now, personal });
  if (protection === null) return [];
  const { erasures, listen } = await openErasures(front.name, adapters);
  try {
    const digest = entityDigest(front.name, entity);
    const request = await publishRequest(log, front, erasures, { digest, entity }, below);
    const topology = front.part?.topology ?? front.name;
    const archive = sharedArchive({ archive: history, topology, log, codec, personal });
    const applied = await applyEverywhere(
      { topology: front, adapters, format, protection, erasures, request, archive },
      listen,
    );
    await forget(log, front.name, request);
    return applied.map((one) => one.below);
  } finally {
    erasures.close();
  }
}
