// What buckets of an aggregate are to those who declare and read them (types alone).
import type { Accumulator } from './aggregate.ts';

/** The state of an aggregate for each of several buckets, and for the events in none of them. */
export interface BucketedState {
  readonly accumulator: Accumulator;
  /** By the names of the buckets: the features of the first, then those of the second, and so on, then the rest's. */
  readonly buckets: ReadonlyArray<{
    readonly name: string;
    /** First slot of its state, given the first slot of all; -1 if there is no such bucket. */
    readonly stateAt: (slab: Float64Array, at: number) => number;
    /** The hash of its string, where it is not known before. */
    readonly hash?: (slab: Float64Array, at: number) => number;
  }>;
  /** Gathers the state of the rest in `scratch`. */
  readonly rest: (slab: Float64Array, at: number) => void;
  readonly scratch: Float64Array;
  /** Number of events of the rest. */
  readonly dropped: (slab: Float64Array, at: number) => number;
}
