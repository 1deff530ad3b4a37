// What a backfill refuses of a topology with views of other keys (control path): its hops need the events of all partitions, so
// each command answers the whole range, and plays its own partitions with that.
import { MillraceError } from '../../../core/errors.ts';
import type { Topology } from '../../../topology/define.ts';
import { foreignViews } from '../../../topology/hops.ts';
import type { BackfillOptions } from './backfill-parts.ts';
import type { BackfillFrom } from './inputs.ts';

function hasForeignViews({ source, features }: Topology): boolean {
  return Object.keys(foreignViews(source, features)).length > 0;
}

/** The parts that answer are the main target's, and write what it awaits. */
export function refuseFurtherTarget({ name, source, features, target }: Topology): void {
  const views = Object.keys(foreignViews(source, features));
  if (target === undefined || target.isMain || views.length === 0) return;
  throw new MillraceError(
    'CONFIG_INVALID',
    "a target besides the main one with views of another key than the source's has no backfill",
    {
      where: `topology ${name}, views ${views.join(', ')}`,
      remedy: `Backfill the main target: its rows have the same features. Started live, '${target.name}' reads the source from its start.`,
    },
  );
}

/**
 * Refuses what several commands with `--partitions` would do differently.
 * @throws CONFIG_INVALID for state, which is handed over as a whole, and for a range whose end depends on the clock
 */
export function checkShare(
  topology: Topology,
  { partitions, seedState, range: { untilMs } }: Pick<BackfillOptions, 'partitions' | 'seedState' | 'range'>,
  from: BackfillFrom,
  nowMs: number,
): void {
  if (partitions === null || !hasForeignViews(topology)) return;
  const where = `--partitions, topology ${topology.name} with views of another key than the source's`;
  if (seedState)
    throw new MillraceError('CONFIG_INVALID', 'the state of such a topology is handed over as a whole', {
      where,
      remedy:
        'Leave out --partitions, and give --workers for several processes on this machine; or leave out --seed-state.',
    });
  if (from.kind === 'files' || (untilMs !== null && untilMs <= nowMs)) return;
  throw new MillraceError('CONFIG_INVALID', 'the range must have the same end for all commands', {
    where,
    remedy:
      'Give --to-time with a time in the past: each command answers the events of all partitions up to it.',
  });
}
