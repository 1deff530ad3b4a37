// The bounds of merges, each with its reason (control path).

/** Partitions of sources that one merge has: the metadata of its offset have some 30 of 4,096 bytes for each. */
export const MERGE_SOURCES_MAX = 128;

/** Milliseconds for which a merge waits for a source that has caught up by default: longer than producers are apart. */
export const MERGE_WAIT_MS = 1_000;

/** Rows of one transaction of a merge. */
export const MERGE_ROWS_MAX = 8_192;

/** Bytes of their keys and values. */
export const MERGE_BYTES_MAX = 8_388_608;

/** Bytes of the rows of one group: what a merge keeps in memory, or leaves to the log, at once. */
export const MERGE_GROUP_BYTES_MAX = 262_144;

/** Bytes of waiting rows in memory, of one partition: two groups of as many sources as there may be. The rest stay in the log. */
export const MERGE_QUEUE_BYTES_MAX = 67_108_864;

/** Longest wait of a merge before it looks again at sources that it waits for, ms. */
export const MERGE_POLL_MS = 100;

/** Interval at which a merge that reads and releases nothing commits its position, ms. */
export const MERGE_COMMIT_MS = 1_000;

/** Interval at which a merge deletes the records that it needs no more, ms. */
export const MERGE_TRUNCATE_MS = 10_000;

/** Milliseconds that rows wait for one source before operators learn of it: longer than any healthy restart. */
export const MERGE_STUCK_MS = 60_000;

/** Rows of the merged topic that a merge without a position reads at first, from the end: some seconds of a busy source. */
export const MERGE_LOOK_BACK_ROWS = 65_536;
