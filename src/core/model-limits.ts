// Bounds of models, each with its reason.

/** Bytes that the manifest of a model may have, expanded: a drift reference of FEATURES_MAX columns is several MB. */
export const MANIFEST_BYTES_MAX = 33_554_432;

/**
 * Bytes of a model and its manifest inside a model-update event: below a broker's default message.max.bytes of 1 MiB. A larger
 * model is an artifact.
 */
export const MODEL_BYTES_MAX = 900_000;

/** Bytes of a model that is an artifact: no message of Protobuf, and so no ONNX file, is larger. */
export const ARTIFACT_BYTES_MAX = 2_147_483_647;

/** Bytes of an artifact in one record of its topic: below a broker's default message.max.bytes of 1 MiB. */
export const ARTIFACT_CHUNK_BYTES = 524_288;

/** Milliseconds at most between two attempts to fetch or to try a model: each may read all of an artifact. */
export const ARTIFACT_RETRY_MS_MAX = 10_000;

/** Bytes that are read from a file and hashed at once: about half a millisecond. */
export const FILE_READ_BYTES = 262_144;

/** Messages within messages of a model file: protobuf's own bound; a branch within a branch takes four. */
export const MODEL_NESTING_MAX = 100;

/** Rows of the golden batch that a model must score before an engine takes it: a row for each decile and each edge case, twice. */
export const GOLDEN_ROWS = 32;

/**
 * Milliseconds of processor time that a model may take to load, and to score the golden batch and a full one. Processor time,
 * so that a busy machine refuses no model.
 */
export const MODEL_TRIAL_CPU_MS_MAX = 3_000;

/** Milliseconds that the same may take in all: a driver may hang, and a GPU compiles its programs. */
export const MODEL_TRIAL_MS_MAX = 60_000;

/** Milliseconds within which a trial that was interrupted is tried again: by a lack of memory, or of processes. */
export const MODEL_TRIAL_RETRIES_MS_MAX = 10_000;

/** Bytes of memory that a process may use that tries a model, the runtime's own 100 MB included. */
export const MODEL_TRIAL_BYTES_MAX = 805_306_368;

/** What each MiB of a model adds to these: it is read, hashed and copied once or twice before it scores. */
export const MODEL_TRIAL_CPU_MS_PER_MIB = 20;
export const MODEL_TRIAL_MEMORY_FACTOR = 4;

/** Milliseconds between two looks at what such a process uses: some 20 MB of memory that is written to. */
export const MODEL_TRIAL_WATCH_MS = 10;

/** Milliseconds that a process waits for the next model to try: a training and a promotion use the same one. */
export const MODEL_TRIAL_IDLE_MS = 30_000;

/** Outcomes of trials that an engine remembers, by version and checksum. */
export const MODEL_TRIALS_KEPT = 1_024;

/** Vectors that a probe of a model changes at most: more tell no more, and each costs a run for every input. */
export const PROBE_ROWS_MAX = 2_048;

/** The newest logged vectors that a probe draws its own from. */
export const PROBE_NEWEST_MAX = 50_000;

/** Categories that a probe tries for one input: the most frequent ones, as each costs a run. */
export const PROBE_CATEGORIES_MAX = 8;

/** Inputs that the greedy attack of a probe may change: each costs a run for every other input. */
export const PROBE_BUDGET_MAX = 16;

/** Milliseconds that a model's run may hold the event loop at the median: slower batch sizes run in a thread. */
export const INLINE_RUN_MS_MAX = 1;

/** Milliseconds that loading a model in a thread may take, a GPU's shader compilation included. */
export const SCORER_LOAD_MS_MAX = 60_000;

/** Milliseconds before a run in a thread times out and its batch receives the fallback score. */
export const SCORER_TIMEOUT_MS = 1_000;

/** Milliseconds that closing a scorer waits for a run in its thread before it abandons the thread. */
export const SCORER_CLOSE_MS_MAX = 5_000;

/** Milliseconds for probing an execution provider at start: a driver may hang. */
export const PROVIDER_PROBE_MS_MAX = 20_000;

/** Milliseconds that a promotion waits for the partitions by default: loading takes a second, a swap a barrier interval. */
export const PROMOTION_WAIT_MS = 30_000;

/** Longest such wait that may be asked for, ms: after ten minutes it is time to look for the fault. */
export const PROMOTION_WAIT_MS_MAX = 600_000;

/** Milliseconds between two looks at what the partitions have taken. */
export const MODEL_TAKEN_POLL_MS = 100;
