// Every bound of the engine, each with its why. Raise one here, nowhere else.

/** Rows of one micro-batch: large enough that a promise a batch costs nothing, small enough for a millisecond of work. */
export const BATCH_ROWS_MAX = 2_048;

/** Rows that wait undecoded in one task before its partition is paused: two fetches' worth. */
export const TASK_QUEUE_ROWS_MAX = 32_768;

/** Strings of one column's dictionary before a new one is begun: bounds memory for columns of ever-new ids. */
export const DICTIONARY_SIZE_MAX = 65_536;

/** The same for a column most of whose strings are new, ids say: two batches' worth, which fit a processor's cache. */
export const DICTIONARY_IDS_SIZE_MAX = 4_096;

/** Barrier interval, ms: what a read_committed reader waits at most for a prediction, against one transaction each. */
export const BARRIER_INTERVAL_MS = 100;

/** Rows of one epoch before a barrier comes early: bounds what a restart recomputes and what an epoch buffers. */
export const EPOCH_ROWS_MAX = 65_536;

/** Panes of one window, allowed lateness included: bounds a key's memory and its blob in the store. */
export const WINDOW_PANES_MAX = 512;

/** Features of one model: bounds a vector to 4 KiB. */
export const FEATURES_MAX = 1_024;

/** Records of one produce request: the Kafka client groups them in quadratic time. */
export const PRODUCE_RECORDS_MAX = 256;

/** Bytes of a record batch after which the next one is begun: with one more record below a broker's default message.max.bytes of 1 MiB. */
export const PRODUCE_BATCH_BYTES_MAX = 524_288;

/** Bytes of a model inside a model-update event: below a broker's default message.max.bytes of 1 MiB. */
export const MODEL_BYTES_MAX = 900_000;

/** Events of one chunk of a replay: a batch's worth, so that appending one neither blocks long nor costs a promise an event. */
export const REPLAY_CHUNK_EVENTS_MAX = 2_048;

/** Bucket sizes of one ADWIN window, each twice the one before: 2^40 values, more than any stream brings. */
export const ADWIN_LEVELS_MAX = 40;

/** Rows of a feature's KS reference sample: D is then known to about 0.03, and 100 features stay below 1.1 MB as text. */
export const KS_REFERENCE_ROWS_MAX = 2_000;

/** Product of two sample sizes up to which a KS p-value is counted exactly: some ten milliseconds. */
export const KS_EXACT_CELLS_MAX = 1_000_000;

/**
 * Boundaries whose reports and jobs an engine keeps until it knows that they are out: some 5 MB of 25 features. Boundaries
 * need every partition, so few pass while the engine that publishes is away.
 */
export const BOUNDARIES_KEPT = 1_024;

/** Periods of quality metrics kept apart: a year of days and a month, 5 KB each. */
export const QUALITY_PERIODS_MAX = 400;

/** Bytes of one HTTP request body: a model command is a hundred bytes. */
export const HTTP_BODY_BYTES_MAX = 65_536;

/** Bytes of one WebSocket message from a client: a subscription with one resume id a partition. */
export const SOCKET_MESSAGE_BYTES_MAX = 16_384;

/** Milliseconds without a sign of life before a WebSocket is dropped; it is pinged at half of it. uWebSockets.js takes 8 s to 960 s. */
export const SOCKET_IDLE_MS_MAX = 60_000;

/** WebSocket clients of one process: bounds what the fan-out of one block costs. */
export const SUBSCRIBERS_MAX = 1_024;

/** Bytes that wait for one subscriber before it is cut off: about twenty full batches, a second or more of a slow line. */
export const SUBSCRIBER_BUFFER_BYTES_MAX = 4_194_304;

/** Predictions a partition that the hub keeps for clients that resume: minutes of a demo, a moment of a flood. */
export const RESUME_ROWS_MAX = 8_192;

/** Milliseconds between two messages to clients that asked for a sample: as often as a person can follow. */
export const SAMPLE_INTERVAL_MS = 200;

/** Predictions of one sample message. */
export const SAMPLE_ROWS_MAX = 4;

/** Milliseconds that a readiness check may take: below the second that probes commonly allow. */
export const READY_CHECK_MS_MAX = 800;

/** Points of each series of the dashboard: more than its pixels can show. */
export const DASHBOARD_POINTS_MAX = 400;

/** Models in the dashboard's timeline, newest kept. */
export const DASHBOARD_MODELS_MAX = 100;

/** Milliseconds that one dashboard snapshot serves all viewers. */
export const DASHBOARD_STATE_MS = 500;

/** Scored rows that one partition keeps between two control boundaries for drift statistics; thinned past it. */
export const CONTROL_ROWS_MAX = 5_000;

/** Labelled rows of a training set at least: below, one gate slice of a few dozen rows would decide by luck. */
export const TRAINING_ROWS_MIN = 500;

/** Rows of the gate's slice at least: the bootstrap interval of fewer says nothing. */
export const GATE_ROWS_MIN = 100;

/** Categories of one feature with an embedding of their own, the most frequent: bounds the model's bytes. */
export const VOCABULARY_MAX = 8_192;

/** Rows encoded or scored in one run while training: a few MiB of intermediate tensors. */
export const TRAINING_CHUNK_ROWS = 8_192;

/** Milliseconds that a revoked partition's owner gets to end its epoch before the next owner may start. */
export const REVOKE_MS_MAX = 5_000;

/** Records of a topic in memory that its groups have committed and that stay: two epochs, as a restart reads from S, which may be one behind G. */
export const LOG_MEMORY_KEPT_ROWS = 131_072;

/** Records of a topic in memory that no group has committed before its producer waits: two epochs, so that one fills while the other commits. */
export const LOG_MEMORY_AHEAD_ROWS_MAX = 131_072;

/** Milliseconds between two looks for what another process has appended to the embedded log: promotions, not events. */
export const LOG_POLL_MS = 200;

/** Milliseconds that Redis keeps a key past its own time to live: a restart after a shorter outage still finds every key, as event time stood still meanwhile. */
export const STATE_TTL_GRACE_MS = 86_400_000;

/** Event-time milliseconds between two sweeps of outlived keys in the embedded store: a sweep reads the partition's keys. */
export const STATE_SWEEP_MS = 86_400_000;

/** Milliseconds that one request to the state store may take: a full epoch's script runs for a third of a second. */
export const STORE_REQUEST_MS_MAX = 10_000;

/** Reconnections that a waiting request to the state store sees before it fails: some two seconds with their pauses. */
export const STORE_RETRIES_MAX = 5;

/** Rows of one block sent to the history: each block is a part on its disk, and merging many small ones costs more than waiting. */
export const HISTORY_BLOCK_ROWS_MAX = 16_384;

/** Bytes of a buffered row above which it counts as several: a vector of 60 features has a third of it. */
export const HISTORY_ROW_BYTES = 1_024;

/** Milliseconds that a row waits for its block to fill: what a reader of the history is behind. */
export const HISTORY_BLOCK_MS_MAX = 1_000;

/** Rows that wait for the history before the engine pauses: some 100 MB at 60 features a row, minutes of an outage. */
export const HISTORY_ROWS_BUFFERED_MAX = 262_144;

/** Attempts for one block before flush() gives up on it (it stays buffered): about three seconds with their pauses. */
export const HISTORY_ATTEMPTS_MAX = 5;

/** Failures in a row after which the history is left alone, and for how many milliseconds. */
export const HISTORY_BREAKER_FAILURES = 8;
export const HISTORY_BREAKER_OPEN_MS = 2_000;

/** Milliseconds that one request to the history may take: a training set of a year is read in a few seconds. */
export const HISTORY_REQUEST_MS_MAX = 120_000;

/** Milliseconds before the registry is asked again for a schema id that it did not hold: damaged bytes name many. */
export const UNKNOWN_SCHEMA_MS = 60_000;

/** Schema ids remembered as unknown. */
export const UNKNOWN_SCHEMA_IDS_MAX = 65_536;

/** Milliseconds that a model's run may hold the event loop at the median: slower sizes of batch go to a thread. */
export const INLINE_RUN_MS_MAX = 1;

/** Milliseconds until a run in a thread is given up: its batch gets the declared fallback score. */
export const SCORER_TIMEOUT_MS = 1_000;

/** Milliseconds that loading a model in a thread may take, a GPU's shader compilation included. */
export const SCORER_LOAD_MS_MAX = 60_000;

/** Milliseconds that trying an execution provider at start may take: a driver may hang. */
export const PROVIDER_PROBE_MS_MAX = 20_000;

/** Points of each series that the learning loop remembers for the report and the dashboard: a year of days. */
export const JOURNAL_POINTS_MAX = 400;

/** Milliseconds that a broker holds a fetch that has nothing to give: what a resumed partition waits at most. */
export const FETCH_WAIT_MS_MAX = 100;

/** Bytes of one partition in one fetch: some ten thousand events, half of what a task may have waiting. */
export const FETCH_PARTITION_BYTES_MAX = 1_048_576;

/** Milliseconds between a member's heartbeats: what a rebalance waits for each member at most. Brokers take thousands a second. */
export const HEARTBEAT_MS = 200;

/** Milliseconds without a heartbeat before the group takes a member for dead: longer than any pause of a process that lives. */
export const SESSION_MS = 10_000;

/** The least that may be set: five heartbeats, so that one that is late kills nobody. */
export const SESSION_MS_MIN = 1_000;

/** Milliseconds without an event after which a partition that has caught up counts as idle, where nothing is declared. */
export const IDLE_AFTER_MS = 5_000;

/** Milliseconds after which it is told, and told again, that a control boundary is waited for: no healthy fleet takes as long. */
export const BOUNDARY_WAIT_TOLD_MS = 30_000;

/** Milliseconds that closing a scorer waits for the run under way in its thread: past it the thread is left behind. */
export const SCORER_CLOSE_MS_MAX = 5_000;

/** Milliseconds that a shutdown may take: below the 30 s after which an orchestrator kills. */
export const SHUTDOWN_MS_MAX = 20_000;

/** Pauses before a task begins anew after a failure: soon enough for a blip, seldom enough for an outage. */
export const RESTART_MS_MIN = 100;
export const RESTART_MS_MAX = 5_000;

/** Milliseconds that the store may refuse an owner that the group holds on to: past it the group counts generations anew. */
export const TAKE_OVER_MS = 10_000;

/** Keys that each view, and the pending predictions, keep in memory in one partition: some hundred MB with tens of features. */
export const HOT_KEYS_MAX = 100_000;

/** Labels of one record of the observations topic: half of what a broker takes in one message. */
export const OBSERVED_LABELS_MAX = 8_192;

/** Bytes of sampled feature rows in one such record. */
export const OBSERVED_BYTES_MAX = 400_000;

/** Committed records up to which a lost state is rebuilt from the whole partition: some seconds of replay. */
export const REBUILD_WHOLE_ROWS_MAX = 250_000;

/** Workers of one command: more than a machine has cores helps nobody. */
export const WORKERS_MAX = 256;

/** Between two commits of state, ms: ten epochs together cost the store a tenth, and a restart recomputes a second. */
export const CHECKPOINT_INTERVAL_MS = 1_000;

/** Between two looks of a partition without events at what it has in the store, ms: a store that was emptied is noticed within it. */
export const STORE_CHECK_MS = 10_000;

/** Rows and bytes of one page of archived events: a few of them wait in a task that rebuilds its state. */
export const ARCHIVE_PAGE_ROWS_MAX = 8_192;
export const ARCHIVE_PAGE_BYTES_MAX = 16_777_216;

/** Bytes of one fetch, of all partitions: what Kafka's own consumers have waiting, give or take. */
export const FETCH_BYTES_MAX = 10_485_760;

/** Bytes that a compressed record batch may expand to: sixty-four times what a broker takes in one by default. */
export const RECORD_BATCH_INFLATED_BYTES_MAX = 67_108_864;
