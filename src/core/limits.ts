// The bounds of the engine, each with its reason, but for those of parts with a file of their own (port-limits.ts,
// window-limits.ts, merge-limits.ts and others beside it). Bounds are defined nowhere else.

// Events, batches and schemas

/** Rows of one micro-batch: large enough that one promise per batch is negligible, small enough for a millisecond of work. */
export const BATCH_ROWS_MAX = 2_048;

/**
 * Event times in ms, 1900-01-01 to 2299-12-31T23:59:59.999Z: what ClickHouse's DateTime64 stores. Milliseconds of any real
 * event are within, while microseconds and nanoseconds of the present that are taken for milliseconds are not.
 */
export const EVENT_TIME_MS_MIN = -2_208_988_800_000;
export const EVENT_TIME_MS_MAX = 10_413_791_999_999;

/** The last instant that a Date can represent, ms. */
export const DATE_MS_MAX = 8_640_000_000_000_000;

/** Record timestamps further from 1970 count as missing: JavaScript has no date for them, and no store accepts them. */
export const RECORD_TIME_MS_MAX: number = DATE_MS_MAX;

/** Milliseconds that an event may be ahead of its record's timestamp: more than clocks and queues of healthy producers differ. */
export const EVENT_AHEAD_MS_MAX = 3_600_000;

/**
 * Characters, types and nesting of an Avro schema, with the schemas that it refers to: several times the largest in use, and
 * parsed in milliseconds. A writer's schema beyond makes its records dead letters.
 */
export const AVRO_SCHEMA_CHARS_MAX = 1_048_576;
export const AVRO_SCHEMA_NODES_MAX = 32_768;
export const AVRO_SCHEMA_DEPTH_MAX = 64;

/**
 * Bytes of a decimal number, and its digits behind the point: twice what databases store. More bytes are a fault, as writing
 * their digits takes time by the square of their number; the logical type of more digits is ignored, as Avro does.
 */
export const DECIMAL_BYTES_MAX = 64;
export const DECIMAL_SCALE_MAX = 200;

/** Writers' schemas for which a partition keeps a reader: some MB. */
export const WRITER_SCHEMAS_MAX = 4_096;

/** Levels of recursive types that a value may have: each takes a frame of the stack. */
export const AVRO_VALUE_DEPTH_MAX = 1_000;

/**
 * Levels of objects and arrays in a JSON value that no column reads: what Jackson's readers take, so that no producer in Java
 * can rely on more.
 */
export const JSON_DEPTH_MAX = 1_000;

/** Names in the path of a JSON column: each takes a frame of the stack. */
export const JSON_PATH_NAMES_MAX = 64;

/**
 * Messages and groups in each other in a Protobuf record, those that no column reads included, and in a .proto file: what the
 * readers of C++ and Java take.
 */
export const PROTOBUF_DEPTH_MAX = 100;

/** Strings in one column's dictionary before it is replaced: bounds memory for columns of unique ids. */
export const DICTIONARY_SIZE_MAX = 65_536;

/** The same for a column whose strings are mostly unique: two batches, which fit a processor's cache. */
export const DICTIONARY_IDS_SIZE_MAX = 4_096;

/** Items of a list, or entries of a map, that a record may have for a column: each takes memory beyond its bytes. */
export const LIST_ITEMS_MAX = 10_000;

/**
 * Bytes of the records that are decoded together where columns have lists, one record at least: an item takes a byte or more,
 * and up to a row of its own.
 */
export const LIST_BATCH_BYTES_MAX = 1_048_576;

// Topologies

/** Characters of a name in a topology: it becomes part of keys, tables and URLs. */
export const NAME_LENGTH_MAX = 100;

/** Characters of a topology's name: its longest topic, `<name>.replayed-letters`, stays below Kafka's 249. */
export const TOPOLOGY_NAME_LENGTH_MAX = 200;

/** Partitions of a topic: more than a broker serves. */
export const PARTITIONS_MAX = 100_000;

/** Longest duration in a topology, ms: four centuries, as long as the range of event times. */
export const DURATION_MS_MAX = 12_622_780_800_000;

/** Features of one model: bounds a vector to 4 KiB. */
export const FEATURES_MAX = 1_024;

/** Intervals of a drift window, and features that may drift: more are a mistake. */
export const DRIFT_COUNT_MAX = 1_000_000;

// Tasks, epochs and partitions

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

// The log

/** Records of one produce request: kafkajs groups them in quadratic time. */
export const PRODUCE_RECORDS_MAX = 256;

/** Bytes after which a record batch is closed: with one more record it stays below the default message.max.bytes of 1 MiB. */
export const PRODUCE_BATCH_BYTES_MAX = 524_288;

/**
 * Bytes of the batches of one produce request, unless a single batch is larger: far below the 100 MiB at which a broker
 * closes the connection (socket.request.max.bytes), whatever the number of partitions.
 */
export const PRODUCE_REQUEST_BYTES_MAX = 16_777_216;

/** Events of one chunk of a replay: one batch, so that an append neither blocks for long nor costs a promise per event. */
export const REPLAY_CHUNK_EVENTS_MAX = 2_048;

/** JSON records that a schema is inferred from by default, and columns that it has at most. */
export const SCHEMA_SAMPLE_RECORDS = 10_000;
export const SCHEMA_COLUMNS_MAX = 1_000;

/** Bytes of one read of a file that is loaded, and of what its decompression gives at a time. */
export const LOAD_CHUNK_BYTES = 262_144;

/** Bytes of one row of such a file: the largest message of many brokers, several times over. */
export const LOAD_ROW_BYTES_MAX = 16_777_216;

/** Bytes of a Parquet file's metadata: a hundred thousand column chunks. */
export const PARQUET_FOOTER_BYTES_MAX = 67_108_864;

/** Bytes of the columns of one row group that are read, compressed: several times what writers aim at. */
export const PARQUET_GROUP_BYTES_MAX = 536_870_912;

/** Bytes and values of one page of a column, which is decompressed and decoded as a whole: writers aim at one megabyte. */
export const PARQUET_PAGE_BYTES_MAX = 268_435_456;
export const PARQUET_PAGE_VALUES_MAX = 8_388_608;

/** Bytes of the header of an Avro container file, and of one of its blocks as it decompresses: writers make them of 64 KB. */
export const AVRO_FILE_HEADER_BYTES_MAX = 4_194_304;
export const AVRO_FILE_BLOCK_BYTES_MAX = 134_217_728;

/** Rows of a Parquet file that are decoded together: some ten megabytes, and few pages are decoded twice. */
export const LOAD_PARQUET_ROWS = 65_536;

/** Rows and bytes of one commit of a load: some milliseconds of work, so that the cost of a transaction is small. */
export const LOAD_COMMIT_ROWS_MAX = 8_192;
export const LOAD_COMMIT_BYTES_MAX = 8_388_608;

/** Bad rows that a load reports one by one: what is wrong with a file shows in the first. */
export const LOAD_BAD_ROWS_SHOWN = 10;

/** Characters of a bad row, and of why it is bad, in the record that becomes its dead letter. */
export const LOAD_BAD_ROW_CHARS_MAX = 65_536;

/** Committed records that an in-memory topic retains: two epochs, as a restart reads from the state offset, which may be one epoch behind the group offset. */
export const LOG_MEMORY_RETAINED_ROWS = 131_072;

/** Uncommitted records of an in-memory topic before its producer waits: two epochs, so that one fills while the other commits. */
export const LOG_MEMORY_AHEAD_ROWS_MAX = 131_072;

/** Polling interval for records that another process appends to the embedded log, ms: promotions, not events. */
export const LOG_POLL_MS = 200;

/** Milliseconds that a broker may hold an empty fetch: the longest that a resumed partition waits. */
export const FETCH_WAIT_MS_MAX = 100;

/** Bytes of one partition in one fetch: about ten thousand events, half of a task's queue. */
export const FETCH_PARTITION_BYTES_MAX = 1_048_576;

/** Bytes of one fetch over all partitions: close to the default of Kafka's own consumer. */
export const FETCH_BYTES_MAX = 10_485_760;

/** Heartbeat interval of a group member, ms: the longest that a rebalance waits for each member. Brokers handle thousands per second. */
export const HEARTBEAT_MS = 200;

/** Milliseconds after which a group member looks for added partitions: one small request, and they are read within ten seconds. */
export const PARTITIONS_CHECK_MS = 4_000;

/** Milliseconds without a heartbeat before the group declares a member dead: longer than any pause of a live process. */
export const SESSION_MS = 10_000;

/** Minimum session time-out: five heartbeats, so that a late one evicts no member. */
export const SESSION_MS_MIN = 1_000;

/** Interval at which the end of the source is looked up, ms: one request, and the age of the lag that is served. */
export const LAG_POLL_MS = 2_000;

/** Samples of the log's end of one partition; beyond, every second one is dropped. */
export const LAG_SAMPLES_MAX = 512;

/** Bytes that a compressed record batch may expand to: sixty-four times a broker's default maximum. */
export const RECORD_BATCH_INFLATED_BYTES_MAX = 67_108_864;

/** Bytes of one expanded block of snappy above which its decoder's memory is given up: what most batches need stays. */
export const SNAPPY_MEMORY_BYTES_MAX = 4_194_304;

/** Rows without bytes in one fetch, for records of a batch that cannot be read: the rows of an epoch. */
export const UNREADABLE_ROWS_MAX = 65_536;

/** Records of such a batch that have a row each: sixteen epochs. Its header is all that says how many there are. */
export const UNREADABLE_RECORDS_MAX = 1_048_576;

/** Fetches of a damaged batch before it is given up: another leader's copy may be sound. */
export const DAMAGED_FETCHES_MAX = 3;

// Dead letters and quarantine

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

// The state store

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

// History and sinks

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

// The schema registry

/**
 * Milliseconds before an unknown schema id is looked up in the registry again: the first time, since a follower of the registry
 * may be behind the node that a producer has just registered its schema with, and at most, twice as long each time, since
 * damaged bytes contain many ids.
 */
export const UNKNOWN_SCHEMA_MS_MIN = 1_000;
export const UNKNOWN_SCHEMA_MS_MAX = 60_000;

/** Schema ids remembered as unknown. */
export const UNKNOWN_SCHEMA_IDS_MAX = 65_536;

/** Milliseconds that one request to the schema registry may take. */
export const REGISTRY_REQUEST_MS_MAX = 5_000;

/**
 * Milliseconds for which a schema id may fail while the registry answers for another one: an outage of a part of the registry
 * is shorter, and what lasts longer concerns the id alone.
 */
export const REGISTRY_ID_MS_MAX = 15_000;

/** Bytes of an answer of the registry: many times a schema that can be used. */
export const REGISTRY_ANSWER_BYTES_MAX = 67_108_864;

/** Schemas that one schema may refer to, indirectly too. */
export const SCHEMA_REFERENCES_MAX = 256;

// Models

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

// The learning loop and control boundaries

/** Bucket sizes of one ADWIN window, each twice the one before: 2^40 values, more than any stream has. */
export const ADWIN_LEVELS_MAX = 40;

/** Rows of a feature's KS reference sample: D is then known to about 0.03. */
export const KS_REFERENCE_ROWS_MAX = 2_000;

/** Values of the KS reference samples of all columns: some 250 kB of a model update, whatever the number of features. */
export const KS_REFERENCE_VALUES_MAX = 40_000;

/** Product of two sample sizes up to which a KS p-value is counted exactly: some ten milliseconds. */
export const KS_EXACT_CELLS_MAX = 1_000_000;

/**
 * Boundaries whose reports and jobs an engine retains until they are known to be published: about 5 MB for 25 features.
 * A boundary needs every partition, so few are decided while the publishing engine is away.
 */
export const BOUNDARIES_RETAINED_MAX = 1_024;

/** Time between two snapshots of the learning loop, ms: what an engine reads again at its start. */
export const LOOP_SNAPSHOT_MS = 10_000;

/** Bytes of one part of such a snapshot; the largest, a sample of rows, has four million. */
export const LOOP_SNAPSHOT_BYTES_MAX = 67_108_864;

/** Bytes of one record of a snapshot: half of a broker's default maximum. */
export const LOOP_SNAPSHOT_RECORD_BYTES_MAX = 500_000;

/** Milliseconds for which observations are kept beyond a snapshot that makes them dispensable: an engine that lags reads on. */
export const OBSERVATIONS_KEPT_MS = 3_600_000;

/** Months and model versions for which quality is kept separately, the newest; 70 and 35 KB each. */
export const QUALITY_MONTHS_MAX = 120;
export const QUALITY_VERSIONS_MAX = 200;

/** Periods for which quality metrics are kept separately: a year of days and a month, 5 KB each. */
export const QUALITY_PERIODS_MAX = 400;

/** Scored rows of the sample between two control boundaries, over all partitions: drift tests find any shift that matters in fewer. */
export const CONTROL_ROWS_MAX = 5_000;

/** Bytes of such a sample: of vectors of more than 200 features it has fewer rows. */
export const CONTROL_SAMPLE_BYTES_MAX = 4_194_304;

/** Fewest rows that a model is fitted on: a few for each of its first parameters; the gate says whether it has learnt anything. */
export const TRAINING_ROWS_MIN = 30;

/** Numbers of a training set, rows by features: 4 GiB, of which a fit has a copy. A default of 200,000 rows of FEATURES_MAX is a fifth. */
export const TRAINING_VALUES_MAX = 1_073_741_824;

/**
 * Bytes of the names of features, twice, and of outputs in a manifest: however random they are, it has room for them in a model update
 * beside the largest drift reference.
 */
export const MANIFEST_NAMES_BYTES_MAX = 262_144;

/** Trainers that compete in one training: each fits up to four models, and of many the luckiest one would win. */
export const TRAINERS_MAX = 16;

/** Fewest rows of the gate's slice: the least for which a bootstrap interval means something; it is wide, and says so. */
export const GATE_ROWS_MIN = 30;

/**
 * Fewest rows of the rarer of two classes on which a model is judged, or its steps are chosen: which of two models is better
 * shows on them, and a slice without them prefers the one that rules the class out.
 */
export const HELD_RARER_ROWS_MIN = 5;

/** Such rows that are fresh before a model is trained: half of them to learn from, as many to judge on. */
export const RARER_ROWS_MIN = 10;

/** Fewest rows that a fit is validated on: of fewer the lowest loss is luck. */
export const VALIDATION_ROWS_MIN = 30;

/** Rows of which the newest part is a training set of its own: of fewer, the whole window is recent. */
export const RECENT_ROWS_MIN = 500;

/** Categories of one feature with an embedding of their own, the most frequent. */
export const VOCABULARY_MAX = 8_192;

/** The same of all features: some 40 bytes each, half of a model update. Features share them evenly. */
export const VOCABULARIES_MAX = 12_000;

/** Rows encoded or scored in one run while training: a few MiB of intermediate tensors. */
export const TRAINING_CHUNK_ROWS = 8_192;

/** Points of each series that the learning loop retains for the report and the dashboard: a year of days. */
export const JOURNAL_POINTS_MAX = 400;

/** Milliseconds past the clock that a boundary may be while nothing is known of its partition: clocks may be wrong by days. */
export const BOUNDARY_UNKNOWN_MS_MAX = 31_536_000_000;

/** Interval at which an engine looks whether the fleet knows which of its partitions are idle, ms. */
export const IDLE_CHECK_MS = 5_000;

/** Interval at which a wait for a control boundary is logged, ms: no healthy fleet waits that long. */
export const BOUNDARY_WAIT_LOG_MS = 30_000;

/** Classes of a task: a prediction's record and its waiting state have a Float32 for each. */
export const CLASSES_MAX = 1_000;

/** Labels of one record of the observations topic: half of a broker's maximum message. */
export const OBSERVED_LABELS_MAX = 8_192;

/** Bytes of sampled rows in one such record. */
export const OBSERVED_BYTES_MAX = 400_000;

// The audit log

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

// Secrets and data keys

/** Characters below which a secret is not looked for in what is written: it would be found in most words. */
export const SECRET_LENGTH_MIN = 4;

/** Access tokens that are looked for in what is written: more than the connections of a process use at a time. */
export const SECRET_TOKENS_MAX = 64;

/** Values of one setting that are looked for: after a rotation, what still uses an earlier one may report it. */
export const SECRET_VERSIONS_MAX = 8;

/** Bytes of a file with a secret, a certificate or a key: a bundle of all public authorities has 230 kB. */
export const SECRET_FILE_BYTES_MAX = 1_048_576;

/** Records that are tried for a partition's master key, newest first: rotations that compaction has not reached yet, and forged ones. */
export const MASTER_RECORDS_MAX = 64;

/** Longest wait for a key-management service to wrap or unwrap one key, ms. */
export const KMS_WAIT_MS_MAX = 10_000;

/** How long compaction may leave the record of a destroyed data key in its topic, ms. */
export const DATA_KEYS_COMPACTION_MS = 60_000;

/** Bytes of a record about an erasure: the entity, and an offset for each partition of the source. */
export const ERASURE_RECORD_BYTES_MAX = 2_097_152;

/** Bytes of an entity's name that can be erased: more would not fit into its record. */
export const ENTITY_BYTES_MAX = 65_536;

/** How long `millrace erase` waits for the engines that own partitions, ms: a partition may be catching up. */
export const ERASE_WAIT_MS_MAX = 600_000;

/** Offsets of events that one statement deletes rows of: its text must stay below ClickHouse's 256 KiB. */
export const ERASED_OFFSETS_MAX = 10_000;

/** Milliseconds within which an authorization server gives a token: connections wait for it. */
export const TOKEN_REQUEST_MS_MAX = 10_000;

/** Bytes of its answer: a token with many claims has some kilobytes. */
export const TOKEN_ANSWER_BYTES_MAX = 262_144;

/** Lifetime of a token whose answer does not say it, ms: short, since it costs a request. */
export const TOKEN_MS_DEFAULT = 300_000;

// The process and its commands

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
