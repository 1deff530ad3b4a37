// Bounds of events, batches and schemas, each with its reason.

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
