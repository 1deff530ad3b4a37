// Reads the snapshots of a learning loop (control path): the newest two whose heads an engine can have written, each with the
// parts as they were then, so that what came after a head cannot damage its snapshot.
import { messageOf } from '../../core/errors.ts';
import { PARTITIONS_MAX } from '../../core/topology-limits.ts';
import { isInstant } from '../../core/time.ts';
import type { EventLog } from '../../ports/event-log.ts';
import type { Quarantine, RecordFault } from '../../ports/quarantine.ts';
import { outOfRange, quarantineRow, untransactedFault } from '../own-records.ts';
import type { ClaimedProgress } from './claimed-progress.ts';
import { HEAD, storedPosition, type LoopPosition, type SnapshotValues } from './snapshot-records.ts';

export interface SnapshotSource {
  readonly log: EventLog;
  readonly loopState: string;
  readonly observations: string;
  readonly quarantine: Quarantine;
  /** Of its partitions: no boundary beyond was decided. Null if it is not to be compared with. */
  readonly progress: ClaimedProgress | null;
}

/** A snapshot whose head is sound; its parts are not checked yet. */
export interface StoredSnapshot {
  readonly position: LoopPosition;
  readonly values: SnapshotValues;
  /** When the head was written, ms. */
  readonly writtenMs: number;
}

/** A snapshot that turns out to be damaged leaves the one before it. */
const KEPT = 2;

/** Newest first; none if there is no sound head. @throws LOG_UNAVAILABLE */
export async function storedSnapshots(source: SnapshotSource): Promise<readonly StoredSnapshot[]> {
  const { log, loopState: topic } = source;
  for (;;) {
    const [range = { low: 0, high: 0 }] = await log.offsets(topic);
    try {
      return await storedBetween(source, range);
    } catch (error) {
      // The elected engine deletes what a newer snapshot has replaced, also while it is read.
      const [now = range] = await log.offsets(topic);
      if (now.low <= range.low) throw error;
    }
  }
}

async function storedBetween(
  source: SnapshotSource,
  range: { readonly low: number; readonly high: number },
): Promise<readonly StoredSnapshot[]> {
  const { log, loopState, observations, quarantine } = source;
  const end = (await log.offsets(observations))[0]?.high ?? 0;
  const values = new Map<string, Buffer>();
  let found: readonly StoredSnapshot[] = [];
  for await (const raw of log.read(loopState, 0, range.low, range.high)) {
    for (let row = 0; row < raw.count; row += 1) {
      const key = raw.keys.at(row)?.toString() ?? '';
      const value = raw.values.at(row);
      if (value === null) continue;
      const foreign = untransactedFault(raw, row);
      if (foreign !== null) {
        quarantineRow(quarantine, raw, row, foreign);
        continue;
      }
      values.set(key, Buffer.from(value));
      if (key !== HEAD) continue;
      const position = await soundPosition(source, values, end, (fault) =>
        quarantineRow(quarantine, raw, row, fault),
      );
      if (position === null) continue;
      const stored = { position, values: new Map(values), writtenMs: raw.timestampMs[row] as number };
      found = [stored, ...found].slice(0, KEPT);
    }
  }
  return found;
}

/**
 * Null for a head that no engine can have written.
 * @param end of the observations: a snapshot made before has read no more of them
 */
async function soundPosition(
  { progress }: SnapshotSource,
  values: SnapshotValues,
  end: number,
  refuse: (fault: RecordFault) => void,
): Promise<LoopPosition | null> {
  let position: LoopPosition;
  try {
    position = storedPosition(values);
  } catch (error) {
    refuse({ reason: 'malformed', detail: messageOf(error) });
    return null;
  }
  const fault = positionFault(position, end) ?? (await progress?.decidedFault(position.atMs)) ?? null;
  if (fault === null) return position;
  refuse(fault);
  return null;
}

function positionFault({ atMs, offset, pending, members }: LoopPosition, end: number): RecordFault | null {
  const isPartition = (partition: number): boolean =>
    Number.isInteger(partition) && partition >= 0 && partition < PARTITIONS_MAX;
  if (!isInstant(atMs)) return outOfRange(`its boundary is at ${atMs}`);
  if (!(offset <= end)) return outOfRange(`it is of offset ${offset}, and the observations end at ${end}`);
  if (!pending.every(([partition, from]) => isPartition(partition) && from >= 0 && from <= offset))
    return outOfRange('what it has pending is no part of the observations');
  const areMembers = members.every(({ partition, reachedMs }) => {
    return isPartition(partition) && (reachedMs === Number.NEGATIVE_INFINITY || isInstant(reachedMs));
  });
  return areMembers ? null : outOfRange('one of its partitions, or its progress, is none');
}
