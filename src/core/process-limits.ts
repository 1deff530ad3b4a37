// Bounds of the process and its commands, each with its reason.

/**
 * Milliseconds for which a start retries a service that is away: a container's neighbours start with it, and an operator
 * who waits wants to know about a wrong address.
 */
export const START_MS_MAX = 10_000;

/** Milliseconds that a service may take to answer the first request, a connection included. */
export const START_REQUEST_MS_MAX = 5_000;

/** Milliseconds between two log lines of a condition at one place: an outage of an hour is a hundred lines. */
export const CONDITION_LOG_MS = 30_000;

/** Conditions at different places that a process lists; further places count as one. */
export const CONDITIONS_MAX = 1_024;

/** Milliseconds that a shutdown may take: below the 30 s after which orchestrators kill a process. */
export const SHUTDOWN_MS_MAX = 20_000;

/** The same for a run that has come to its end: no supervisor waits for it, and a slow history may have a full buffer to write. */
export const FINISH_MS_MAX = 300_000;

/** Things that a command prints: more do not fit on a screen, and are held in memory. */
export const PRINTED_COUNT_MAX = 1_000_000;

/** Workers of one command: more than a machine's cores are of no use. */
export const WORKERS_MAX = 256;

/** Entities of one request for features: a thousand are read in a few milliseconds. */
export const FEATURES_ENTITIES_MAX = 1_000;
