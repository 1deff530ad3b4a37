// Bounds of secrets and data keys, each with its reason.

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
