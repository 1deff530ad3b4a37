// `millrace backfill --workers N`: the partitions of one backfill on several processes of this machine (control path). Each is the
// same command with `--partitions`, has state of its own, and goes on where it was interrupted. With views of other keys this
// process answers the events first, and hands over the state.
import { withAddedPartitions } from '../../../runtime/added-partitions.ts';
import type { Topology } from '../../../topology/define.ts';
import { openAdapters } from '../../compose/adapters.ts';
import { loadTarget, type TargetPlace } from '../../compose/load-target.ts';
import type { Config } from '../../settings/config.ts';
import { requireServers } from '../../workers/workers.ts';
import type { BackfillOptions } from './backfill-parts.ts';
import { backfillTopology } from './backfill-topology.ts';
import { backfillFolder, forgetBackfill } from './folders.ts';
import { partitionsOf } from './inputs.ts';
import { hasForeignViews } from './foreign-views.ts';
import { dealt, playedByWorkers, wordsWithout } from './worker-processes.ts';

/** @throws CONFIG_INVALID without servers that several processes can share; what the first worker failed with */
export async function backfillWithWorkers(
  place: TargetPlace,
  config: Config,
  options: BackfillOptions,
): Promise<void> {
  const { partitions, seedState, workers, words } = options;
  requireServers(config, seedState ? ['brokers', 'redisUrl', 'clickhouseUrl'] : ['brokers', 'clickhouseUrl']);
  const topology = await loadTarget(place);
  if (hasForeignViews(topology)) return backfillTopology(place, config, options);
  const shares = dealt(await partitionsIn(topology, config, partitions), workers);
  await playedByWorkers(shares, wordsWithout(words, ['--workers', '--partitions']));
  for (const share of shares) await forgetBackfill(backfillFolder(config, topology.name, share));
}

/** Those of the topic as it is, which may have more than the topology declares. */
async function partitionsIn(
  declared: Topology,
  config: Config,
  given: readonly number[] | null,
): Promise<readonly number[]> {
  const adapters = await openAdapters(config, { eventsInMemory: false });
  try {
    const topology = await withAddedPartitions(declared, adapters.log, adapters.telemetry);
    return partitionsOf(topology, given);
  } finally {
    await adapters.close();
  }
}
