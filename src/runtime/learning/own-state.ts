// Whose labels a snapshot of the learning loop has counted (control path).
import { MillraceError } from '../../core/errors.ts';
import type { Topology } from '../../topology/define.ts';
import { manifestTarget, ownTarget, targetConflict } from '../../topology/target-models.ts';
import type { LoopState } from './loop-parts.ts';

export function ownState(topology: Topology): Pick<LoopState, 'task' | 'target' | 'label'> {
  return { task: topology.task.name, ...manifestTarget(topology) };
}

/** @throws DATA_INVALID if the state is not of this topology's task and target */
export function requireOwnState(topology: Topology, state: LoopState): void {
  const { task } = topology;
  if (state.task !== task.name)
    throw new MillraceError('DATA_INVALID', `the snapshot is of task '${state.task}', not '${task.name}'`);
  const conflict = targetConflict(ownTarget(topology), state);
  if (conflict !== null) throw new MillraceError('DATA_INVALID', `the snapshot is ${conflict}`);
}
