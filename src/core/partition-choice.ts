// Chooses the partition of a record (hot path).
import { partitionOf } from './murmur2.ts';

/** The partition that a record names, else that of its key as in the Java client, else round-robin. */
export class PartitionChoice {
  #turn = 0;

  of(
    { key, partition }: { readonly key: Buffer | null; readonly partition?: number },
    partitionCount: number,
  ): number {
    return partition ?? (key === null ? this.#turn++ % partitionCount : partitionOf(key, partitionCount));
  }
}
