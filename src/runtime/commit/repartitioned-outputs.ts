// What a task sends to the topics of other keys in an epoch (hot path, once an epoch): one, or that of each hop.
import type { Batch } from '../../core/batch.ts';
import type { TopicPartition } from '../../core/topic-partition.ts';
import type { RowKeys } from '../../operators/key-bytes.ts';
import { mergedBefore } from '../../operators/repartition.ts';
import type { Topology } from '../../topology/definition.ts';
import type { Progress } from '../merge/row-group.ts';
import { RepartitionedOutput, type RepartitionedParts } from './repartitioned-output.ts';

export type RepartitionedTarget = Pick<RepartitionedParts, 'topics' | 'merged'>;

/** The hops that the front of a topology sends events to; undefined for others. */
export function hopTargets(
  { part }: Pick<Topology, 'part'>,
  { topic, partition }: TopicPartition,
): RepartitionedTarget[] | undefined {
  if (part?.role !== 'front') return undefined;
  return part.hops.map(({ name, partitions }) => ({
    topics: { repartitioned: name, beforeMerge: mergedBefore(name) },
    merged: { origin: { topic, partition }, partitions },
  }));
}

export class RepartitionedOutputs {
  /** By topic. */
  readonly #outputs: ReadonlyMap<string, RepartitionedOutput>;

  /** @param committedBelow offset below which an earlier run has committed all outputs */
  constructor(
    targets: readonly RepartitionedTarget[],
    parts: Omit<RepartitionedParts, keyof RepartitionedTarget>,
    committedBelow: number,
  ) {
    this.#outputs = new Map(
      targets.flatMap(({ topics, merged }) => {
        const { repartitioned } = topics;
        const output = new RepartitionedOutput({ ...parts, topics, merged }, committedBelow);
        return repartitioned === undefined ? [] : [[repartitioned, output] as const];
      }),
    );
  }

  add(topic: string, batch: Batch, keys: RowKeys, watermarksMs: Float64Array): void {
    this.#outputs.get(topic)?.add(batch, keys, watermarksMs);
  }

  /** Whether a merge does not know yet that this task is there, and how far it has come. */
  get isUnwritten(): boolean {
    return [...this.#outputs.values()].some((output) => output.isUnwritten);
  }

  /** @see RepartitionedOutput.close */
  close(offsetNext: number, progress: Progress | null): number {
    let count = 0;
    for (const output of this.#outputs.values()) count += output.close(offsetNext, progress);
    return count;
  }
}
