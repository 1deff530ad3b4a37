// Which partition a record goes to (hot path).
import { partitionOf } from './murmur2.ts';

/** The one that it names, else its key's, as the Java client has it; those without a key in turns. */
export class PartitionChoice {
  #turn = 0;

  of(
    { key, partition }: { readonly key: Buffer | null; readonly partition?: number },
    partitionCount: number,
  ): number {
    return partition ?? (key === null ? this.#turn++ % partitionCount : partitionOf(key, partitionCount));
  }
}
