// Every bound of a backfill with its reason.
import { FLATTENED_OFFSET_MAX } from './place.ts';

/**
 * Rows of files in a backfill have no offset in the topic. Theirs are above every offset that a topic reaches, in a range of
 * each set of files: 15 digits at most, as an id has.
 */
export const FILE_OFFSETS_MIN = 100_000_000_000_000;
export const FILE_OFFSETS_END = 1_000_000_000_000_000;

/** Rows of one partition in a backfill from files, and the least that its range of offsets has room for. */
export const FILE_ROWS_MAX = 268_435_456;
export const FILE_ROWS_MIN = 1_024;

/**
 * The same for a topology that makes several rows of one event: items have places at offsets below FLATTENED_OFFSET_MAX alone,
 * of which the upper half is for files.
 */
export const FLATTENED_FILE_OFFSETS_MIN: number = FLATTENED_OFFSET_MAX / 2;

/** Rows of a partition that are written to disk together, and bytes of all partitions before that: a few of each wait. */
export const SPILL_CHUNK_ROWS = 2_048;
export const SPILL_BYTES_MAX = 67_108_864;

/** Keys, records and bytes in one commit of a seed: a store, or a log, writes them at once, in some milliseconds. */
export const SEED_KEYS_MAX = 2_000;
export const SEED_ROWS_MAX = 8_192;
export const SEED_BYTES_MAX = 4_194_304;
