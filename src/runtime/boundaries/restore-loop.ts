// Restores the learning loop from its newest snapshot (control path).
import { messageOf } from '../../core/errors.ts';
import { isEnvironmentFault } from '../../core/faults.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { loopStateTopic, observationsTopic } from '../../topology/topics.ts';
import { storedSnapshots, type SnapshotSource } from './stored-snapshots.ts';
import type { StateParts } from '../learning/state-parts.ts';
import { firstNeeded, unpackSnapshot, type LoopPosition, type Snapshot } from './snapshot-records.ts';

/** The state that is decided from, as far as a snapshot holds it. */
export interface RestorableLoop {
  /** Continues from a snapshot; without a part it starts empty. Throws DATA_INVALID. */
  restore(parts: StateParts): void;
  /** Starts empty although there is a past, which is lost. */
  lost(): void;
  /** Resolves when what the snapshot's boundary waited for is over. */
  resumed(): Promise<void>;
}

interface RestoreParts extends Omit<SnapshotSource, 'loopState' | 'observations'> {
  /** The topology. */
  readonly name: string;
  readonly loop: RestorableLoop;
  readonly telemetry: Telemetry;
}

/** Where the loop stands after a restore. */
export interface RestoredLoop {
  /** Null if it is empty. */
  readonly position: LoopPosition | null;
  /** The first offset of the observations to be read. */
  readonly from: number;
}

/** @throws LOG_UNAVAILABLE, and LOG_FAILED if records are deleted while they are read: the next attempt finds newer ones. */
export async function restoreLoop(parts: RestoreParts): Promise<RestoredLoop> {
  const { log, name, telemetry } = parts;
  const topic = observationsTopic(name);
  let before = Number.NaN;
  for (;;) {
    const position = (await newest(parts))?.position ?? null;
    const low = (await log.offsets(topic))[0]?.low ?? 0;
    if (position === null && low > 0) {
      telemetry.raise(
        'loop_rebuilt',
        loopStateTopic(name),
        `the observations before offset ${low} are deleted`,
      );
      parts.loop.lost();
    }
    const needed = position === null ? low : firstNeeded(position);
    if (low <= needed) return { position, from: needed };
    // What this snapshot needs is deleted once a newer one is written.
    if (needed === before) {
      telemetry.raise('offsets_skipped', `${topic}-0`, `offsets ${needed} to ${low} are deleted`);
      return { position, from: low };
    }
    before = needed;
  }
}

/** The loop's state is that of the newest sound snapshot; without one it is empty. */
async function newest(parts: RestoreParts): Promise<Snapshot | null> {
  const { name, loop, telemetry } = parts;
  const topic = loopStateTopic(name);
  let damage: string | null = null;
  const source = { ...parts, loopState: topic, observations: observationsTopic(name) };
  for (const { values } of await storedSnapshots(source)) {
    try {
      const snapshot = await unpackSnapshot(values);
      loop.restore(snapshot.parts);
      telemetry.clear('loop_rebuilt', topic);
      return snapshot;
    } catch (error) {
      if (isEnvironmentFault(error)) throw error;
      damage ??= messageOf(error);
    }
  }
  if (damage === null) telemetry.clear('loop_rebuilt', topic);
  else telemetry.raise('loop_rebuilt', topic, damage);
  loop.restore(new Map());
  return null;
}
