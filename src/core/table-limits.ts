// The bounds of lookup tables, each with its reason (control path).

/** Versions of all keys of a table: a table of reference data; more belong into a view's state. */
export const TABLE_ROWS_MAX = 5_000_000;

/** Memory of a table in each process, bytes: what a container of 2 GiB can spare. */
export const TABLE_BYTES_MAX = 1_073_741_824;

/** Versions of one key: a row that changes hourly, over some days. */
export const TABLE_VERSIONS_MAX = 100;

/** How long a version is kept after its successor, ms: a week covers late events and what a restart processes again. */
export const TABLE_KEEP_MS = 604_800_000;

/** How long a batch waits for the end of a table's topic, ms: an election of its leader is shorter. */
export const TABLE_WAIT_MS = 5_000;

/** Truncations of a table that are remembered, the newest, for rows that come later although they are earlier. */
export const TRUNCATIONS_MAX = 256;

/** Keys whose deletions wait for their rows: some megabytes. */
export const EARLY_DELETIONS_MAX = 65_536;

/** Milliseconds that the rows of a topic may take of one turn of the event loop: the engine serves and scores meanwhile. */
export const TABLE_TURN_MS = 8;

/** Milliseconds between two looks at a topic that no batch waits for. */
export const TABLE_POLL_MS = 500;

/** Milliseconds after which a table whose origin fails is tried again. */
export const TABLE_RETRY_MS = 1_000;

/** Milliseconds for an answer of the log about a table's topic: longer than the election of a leader usually takes. */
export const TABLE_REQUEST_MS = 5_000;

/** Milliseconds between two looks whether a table's topic was created again: one more request. */
export const TABLE_IDENTITY_MS = 2_000;

/** Milliseconds between two runs of a table's query by default. */
export const TABLE_QUERY_MS = 60_000;

/** Rows by HTTP that are in memory by default, and at least: the keys of the batches that are in the stages stay there. */
export const FETCHED_ROWS_MAX = 100_000;
export const FETCHED_ROWS_MIN = 16_384;

/** For the keys of a batch together, ms: the longest pause of a partition. */
export const FETCH_TIMEOUT_MS = 1_000;

/** How long a fetched row is used, and how long a key counts as one without a row, ms. */
export const FETCH_TTL_MS = 300_000;
export const FETCH_MISSING_TTL_MS = 60_000;

/** Requests at a time: a server of reference data serves several processes. */
export const FETCH_PARALLEL = 16;
export const FETCH_PARALLEL_MAX = 256;

/** Bytes of one row by HTTP. */
export const FETCHED_BYTES_MAX = 65_536;

/** Milliseconds without requests after one has failed. */
export const FETCH_PAUSE_MS = 1_000;
