// Bounds of stores of artifacts (control path).

/** Bytes of an object that one request of S3 writes or reads: no part but the last of an upload may be smaller. */
export const S3_PART_BYTES: number = 5 * 1024 * 1024;

/** Milliseconds that one request may take: a part on a line of a megabit per second takes 42 s. */
export const S3_REQUEST_MS_MAX = 60_000;

/** Milliseconds within which a request is retried; who asked for the artifact retries later. */
export const S3_RETRIES_MS_MAX = 30_000;

/** Milliseconds between two collections of artifacts that no update names, and before the first one of an engine. */
export const COLLECTION_EVERY_MS: number = 6 * 60 * 60 * 1_000;
export const COLLECTION_FIRST_MS: number = 10 * 60 * 1_000;
