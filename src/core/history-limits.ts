// Bounds of the history and of sinks, each with its reason.

/** Rows of one block sent to the history: each block becomes a part on disk, and merging many small parts costs more than waiting. */
export const HISTORY_BLOCK_ROWS_MAX = 16_384;

/** Bytes of a buffered row above which it counts as several: a vector of 60 features has a third of it. */
export const HISTORY_ROW_BYTES = 1_024;

/** Milliseconds that a row waits for its block to fill: the lag of readers of the history. */
export const HISTORY_BLOCK_MS_MAX = 1_000;

/** Rows that wait for sinks before the engine pauses: some 100 MB at 60 features per row, minutes of an outage. */
export const SINK_ROWS_BUFFERED_MAX = 262_144;

/** Attempts for one block before flush() fails (the block stays buffered): about three seconds with their pauses. */
export const HISTORY_ATTEMPTS_MAX = 5;

/** Milliseconds until blocks are sent again after all attempts at one have failed. */
export const HISTORY_PAUSE_MS = 2_000;

/** Milliseconds that one request to the history may take: a training set of a year is read in a few seconds. */
export const HISTORY_REQUEST_MS_MAX = 120_000;

/** Rows and bytes of one page of archived events: a task that rebuilds its state buffers a few of them. */
export const ARCHIVE_PAGE_ROWS_MAX = 8_192;
export const ARCHIVE_PAGE_BYTES_MAX = 16_777_216;
