// Loads one target of a topology file (control path).
import type { Topology } from '../../topology/define.ts';
import { targetNamed } from '../../topology/targets.ts';
import { loadTopology } from './load-topology.ts';

/** A target: of a topology with several of them it must be named. */
export interface TargetPlace {
  /** A topology file. */
  readonly file: string;
  /** The id of its score stage. */
  readonly target: string | undefined;
}

/** @throws TOPOLOGY_INVALID as for loadTopology; CONFIG_INVALID if there is no such target, or several and none is named */
export async function loadTarget({ file, target }: TargetPlace): Promise<Topology> {
  return targetNamed(await loadTopology(file), target);
}

/** The target as a word of a command line. */
export function targetWords({ target }: TargetPlace): string {
  return target === undefined ? '' : ` --target ${target}`;
}
