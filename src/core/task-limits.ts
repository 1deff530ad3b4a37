// Bounds of tasks, epochs and partitions, each with its reason.

/** Undecoded rows queued in one task before its partition is paused: about two fetches. */
export const TASK_QUEUE_ROWS_MAX = 32_768;

/** Bytes behind these rows: four batches that expand to their bound. */
export const TASK_QUEUE_BYTES_MAX = 268_435_456;

/** Milliseconds without an event after which a partition that has caught up is idle by default. */
export const IDLE_AFTER_MS = 5_000;

/** Barrier interval, ms: the longest that a read_committed reader waits for a prediction, against one transaction per barrier. */
export const BARRIER_INTERVAL_MS = 100;

/** Rows of one epoch before an early barrier: bounds what a restart recomputes and what an epoch buffers. */
export const EPOCH_ROWS_MAX = 65_536;

/** Interval of state commits, ms: ten epochs in one write cost the store a tenth, and a restart recomputes a second. */
export const CHECKPOINT_INTERVAL_MS = 1_000;

/** Milliseconds for the former owner of a revoked partition to close its epoch before the next owner starts. */
export const REVOKE_MS_MAX = 5_000;

/** Labels of one partition that wait for their prediction: some 10 MB. Producers are out of order by seconds, so thousands are many. */
export const EARLY_LABELS_MAX = 65_536;

/** Milliseconds without progress, although events wait, after which a partition is stuck: longer than any healthy commit or restore. */
export const STUCK_MS = 60_000;

/** A command that ends when it has caught up gives up on a partition that waits this many times as long as counts as stuck. */
export const HOPELESS_STUCKS = 5;

/** Milliseconds after its records that the commit of an epoch may become visible: brokers take some, an election a second. */
export const COMMIT_VISIBLE_MS_MAX = 5_000;

/** Pauses before a failed task restarts: short enough for a blip, long enough for an outage. */
export const RESTART_MS_MIN = 100;
export const RESTART_MS_MAX = 5_000;

/** Milliseconds for which the store may fence the owner that the group confirms; after that the owner takes over, as the group has restarted its generations. */
export const TAKE_OVER_MS = 10_000;

/** Keys that each view, and the pending predictions, keep in memory per partition: about a hundred MB with tens of features. */
export const HOT_KEYS_MAX = 100_000;

/** Committed records up to which lost state is rebuilt from the whole partition: a few seconds of replay. */
export const REBUILD_WHOLE_ROWS_MAX = 250_000;

/** Rebuilds of a partition's state that start without one being completed, before the process ends: its store loses state faster than the log restores it. */
export const REBUILDS_MAX = 10;
