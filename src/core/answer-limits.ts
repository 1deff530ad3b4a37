// The bounds of hops and of the answers that tasks take from them, each with its reason (control path).

/**
 * Offsets ahead of a task of which the answers of hops are kept in memory: some seconds of a busy partition, so that the
 * parts of a topology need not keep step.
 */
export const ANSWERS_AHEAD_MAX = 131_072;

/**
 * Milliseconds for which a hop waits for a partition of the source that has no event left: more than producers that write at
 * the same time differ, and what an event waits for where partitions have few.
 */
export const HOP_WAIT_MS = 1_000;

/** Milliseconds for which a task that stops still waits for the answers of hops: a few epochs of theirs. */
export const ANSWERS_STOP_MS = 2_000;
