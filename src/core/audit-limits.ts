// Bounds of the audit log, each with its reason.

/** Characters of an actor, an origin or a subject in the audit log: longer than any name, and a record stays small. */
export const AUDIT_NAME_CHARS_MAX = 512;

/** Characters of what was before or after a change in the audit log: twice that is far below what a topic accepts. */
export const AUDIT_VALUE_CHARS_MAX = 16_384;

/** Offsets that are read back at first to find the last audit record: some records and the ends of their transactions. */
export const AUDIT_TAIL_RECORDS = 64;

/** For one audit record, ms: a change waits for it, and a broker elects a leader within less. */
export const AUDIT_MS_MAX = 30_000;

/** Reads of the audit log's head until it is as new as its newest record, and the ms between two of them. */
export const AUDIT_HEAD_POLLS_MAX = 10;
export const AUDIT_HEAD_POLL_MS = 200;

/** Records of the audit table that are read at a time: some megabytes. */
export const AUDIT_PAGE_ROWS_MAX = 1_000;
