// Waits until an engine has come as far as a command needs (control path), and gives up with the reason when it will not.
import { MillraceError } from '../../core/errors.ts';
import { HOPELESS_STUCKS } from '../../core/task-limits.ts';
import { partitionName } from '../../core/topic-partition.ts';
import type { Engine } from '../../runtime/engine.ts';
import type { PartitionProgress } from '../../runtime/progress/partition-progress.ts';
import type { TaskPosition } from '../../runtime/task/task-parts.ts';
import type { Topology } from '../../topology/define.ts';
import { groupOf } from '../../topology/topics.ts';

const POLL_MS = 20;

/** Offsets of one partition, [low, high). */
export interface Range {
  readonly low: number;
  readonly high: number;
}

export interface ProgressOf {
  readonly engine: Pick<Engine, 'positions' | 'stuck' | 'partitions'>;
  readonly topology: Topology;
  /** By partition. */
  readonly ends: readonly Range[];
  /** Time without progress after which a partition is stuck, ms. */
  readonly stuckMs: number;
  readonly isStopped: () => boolean;
}

type Position = Pick<TaskPosition, 'partition' | 'offset' | 'committed'>;

/**
 * Resolves when `holds` for every partition, or the engine was stopped.
 * @param holds offset and committed are -1 if this engine has no task for the partition
 * @throws the failure of a task that fails without end; LOG_UNAVAILABLE if the group does not assign a partition that has
 *   events; LOG_FAILED if the log does not have the partitions of the topology
 */
export async function untilEach(
  parts: ProgressOf,
  holds: (end: Range, position: Position) => boolean,
): Promise<void> {
  const { engine, ends, topology } = parts;
  if (ends.length < topology.source.partitions)
    throw new MillraceError(
      'LOG_FAILED',
      `the log has ${ends.length} partitions of ${topology.source.partitions}`,
      {
        where: topology.source.topic,
        remedy: 'Create the topic with the partitions that the topology declares.',
      },
    );
  const unassigned = new Unassigned(parts);
  while (!parts.isStopped()) {
    const positions = new Map(engine.positions().map((position) => [position.partition, position]));
    const done = ends.map((end, partition) =>
      holds(end, positions.get(partition) ?? { partition, offset: -1, committed: -1 }),
    );
    if (!done.includes(false)) return;
    for (const stuck of engine.stuck()) if (done[stuck.partition] === false) refuseHopeless(parts, stuck);
    unassigned.check(done);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** A task that fails has been restarted for all of that time; one that waits gets more of it. */
function refuseHopeless({ topology, stuckMs }: ProgressOf, stuck: PartitionProgress): void {
  const { failure, idleMs, partition } = stuck;
  if (failure === null && idleMs < HOPELESS_STUCKS * stuckMs) return;
  const code = failure instanceof MillraceError ? failure.code : 'LOG_UNAVAILABLE';
  throw new MillraceError(code, `events are not committed: ${stuck.reason.replace(/\.$/, '')}`, {
    where: partitionName({ topic: topology.source.topic, partition }),
    remedy: 'Remove the cause and run it again: it continues from the last commit.',
    cause: failure,
  });
}

/** Partitions with events that stay without a task of this process: that is a wait, as a group takes its time to admit a member. */
class Unassigned {
  readonly #parts: ProgressOf;
  /** By partition: since when, performance.now(). */
  readonly #since = new Map<number, number>();

  constructor(parts: ProgressOf) {
    this.#parts = parts;
  }

  check(done: readonly boolean[]): void {
    const { engine, topology, stuckMs } = this.#parts;
    const assigned = new Set(engine.partitions());
    const nowMs = performance.now();
    for (const [partition, isDone] of done.entries()) {
      if (isDone || assigned.has(partition)) this.#since.delete(partition);
      else if (!this.#since.has(partition)) this.#since.set(partition, nowMs);
    }
    const missing = [...this.#since].filter(([, sinceMs]) => nowMs - sinceMs >= HOPELESS_STUCKS * stuckMs);
    if (missing.length === 0) return;
    const partitions = missing.map(([partition]) => partition).join(', ');
    throw new MillraceError(
      'LOG_UNAVAILABLE',
      `the group does not assign partitions ${partitions} to this process`,
      {
        where: groupOf(topology.name),
        remedy: 'Stop its other members, or let them catch up; check the log if there are none.',
      },
    );
  }
}
