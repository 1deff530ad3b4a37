// Bounds of the state store, each with its reason.

/** Event time between two sweeps of expired keys in the embedded store, ms: a sweep reads all keys of the partition. */
export const STATE_SWEEP_MS = 86_400_000;

/** Expired keys that a commit to Redis deletes at least, if there are so many; twice as many as it writes, if that is more: so the store shrinks, and no commit takes long. */
export const STATE_SWEEP_KEYS_MIN = 512;

/** Milliseconds that one request to the state store may take: a full epoch's script runs for a third of a second. */
export const STORE_REQUEST_MS_MAX = 10_000;

/** Reconnections before a pending request to the state store fails: about two seconds with their pauses. */
export const STORE_RETRIES_MAX = 5;

/** Event time for which the store keeps a view's key whose windows are empty, ms: a reader learns that it has expired. */
export const EXPIRED_KEPT_MS = 86_400_000;

/** Milliseconds that a partition's watermark may be behind the clock before it counts as a replay of the past: no live source is silent for a month. */
export const SERVED_CLOCK_AHEAD_MS_MAX = 2_592_000_000;

/** Interval at which Redis is asked whether it evicts keys, ms: a warning, since a read detects a missing key itself. */
export const EVICTION_CHECK_MS = 30_000;

/** Interval at which an idle partition checks its state in the store, ms: an emptied store is detected within it. */
export const STORE_CHECK_MS = 10_000;
