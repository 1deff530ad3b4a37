// All merges of a topology in one process (control path): of what it repartitions, and of its hops.
import type { Topology } from '../../topology/define.ts';
import { mergesOf } from '../../topology/merge.ts';
import { Sequencers, type SequencersParts } from './sequencers.ts';

export interface MergesParts extends Omit<SequencersParts, 'topology' | 'merge'> {
  readonly topology: Topology;
  /** Instead of what each declares: for how long a source that has caught up with its end is waited for, ms. */
  readonly waitMs?: number;
}

export class Merges {
  readonly #all: readonly Sequencers[];

  /** For a topology whose events are not sent on, or not merged, it does nothing. */
  constructor({ topology, waitMs, ...parts }: MergesParts) {
    this.#all = mergesOf(topology).map(
      (merge) =>
        new Sequencers({
          ...parts,
          topology: topology.name,
          merge: { ...merge, waitMs: waitMs ?? merge.waitMs },
        }),
    );
  }

  /** Joins the groups. The topics must exist. */
  start(): void {
    for (const sequencers of this.#all) sequencers.start();
  }

  /** Resolves when what is being committed is committed; then leaves the groups. */
  async stop(boundMs: number): Promise<void> {
    await Promise.all(this.#all.map((sequencers) => sequencers.stop(boundMs)));
  }
}
