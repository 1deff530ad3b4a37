// Bounds of dead letters and the quarantine, each with its reason.

/** Bytes of a key or a value that a dead letter keeps if its topic accepts no more: enough to see what the event was. */
export const DEAD_LETTER_HEAD_BYTES_MAX = 65_536;

/** Characters of a dead letter's message: it may quote the event. */
export const DEAD_LETTER_MESSAGE_LENGTH_MAX = 1_000;

/** Milliseconds between two log lines about dead letters of one code. */
export const DEAD_LETTER_LOG_MS = 30_000;

/** Dead letters of a partition in a row, without another event, that are reported as a condition. */
export const DEAD_LETTERS_ONLY_ROWS = 100;

/** Log lines about quarantined records of one topic in an interval, and the interval, ms: beyond, they are counted. */
export const QUARANTINE_LOG_LINES_MAX = 20;
export const QUARANTINE_LOG_MS = 30_000;

/** Records that a process remembers to have quarantined, some MB: a restart and a look-up read the same ones again. */
export const QUARANTINE_SEEN_MAX = 16_384;

/** Quarantined records that wait to be written, and those of one request: a flood, or a log that is away, costs some MB. */
export const QUARANTINE_QUEUE_RECORDS_MAX = 1_024;
export const QUARANTINE_BATCH_RECORDS_MAX = 64;

/** Bytes of its value that a quarantined record keeps, and characters of the text about it: enough to recognise it. */
export const QUARANTINE_VALUE_BYTES_MAX = 4_096;
export const QUARANTINE_DETAIL_LENGTH_MAX = 500;

/** Milliseconds that a shutdown waits for quarantined records to be written. */
export const QUARANTINE_CLOSE_MS_MAX = 2_000;
