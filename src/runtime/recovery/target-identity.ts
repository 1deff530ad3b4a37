// Which target the state of a partition is of (control path). The main target has the names of the topology: if score stages change
// places, another one finds the state, labels and models that were there.
import { MillraceError } from '../../core/errors.ts';
import type { Checkpoint } from '../../ports/state-store.ts';
import type { Topology } from '../../topology/define.ts';
import { manifestTarget, ownTarget, targetConflict } from '../../topology/target-models.ts';

/** No stage has this id. */
const STATE_KEY = '~target';

/** Of the state of an epoch; null for a topology whose models name no target. */
export function targetMark(topology: Topology): Uint8Array | null {
  const { target, label } = manifestTarget(topology);
  return target === undefined ? null : Buffer.from(JSON.stringify({ target, label }));
}

/** Adds the mark to the state of an epoch. */
export function addTarget(stages: Map<string, Uint8Array>, mark: Uint8Array | null): void {
  if (mark !== null) stages.set(STATE_KEY, mark);
}

/** @throws TOPOLOGY_INVALID if the state is of another target; state of earlier releases says nothing */
export function requireSameTarget(topology: Topology, checkpoint: Pick<Checkpoint, 'stages'> | null): void {
  const mark = checkpoint?.stages.get(STATE_KEY);
  if (mark === undefined) return;
  const conflict = targetConflict(ownTarget(topology), parsed(mark));
  if (conflict === null) return;
  throw new MillraceError('TOPOLOGY_INVALID', `the state, the labels and the models are ${conflict}`, {
    where: topology.name,
    remedy:
      'The main target is the score stage with the id score, or else the first one: put the stages back in their order. A topology that predicts something else has another name.',
  });
}

/** Of state that something else has written, nothing is known. */
function parsed(mark: Uint8Array): { readonly target?: string; readonly label?: string } {
  try {
    const { target, label } = JSON.parse(Buffer.from(mark).toString()) as Record<string, unknown>;
    return {
      ...(typeof target === 'string' ? { target } : {}),
      ...(typeof label === 'string' ? { label } : {}),
    };
  } catch {
    return {};
  }
}
