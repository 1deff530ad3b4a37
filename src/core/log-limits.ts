// Bounds of the log and its records, each with its reason.

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
