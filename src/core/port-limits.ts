// Every bound of the port with its reason: requests, WebSockets, credentials and the dashboard.

// The port

/** The last TCP port. */
export const PORT_MAX = 65_535;

/** Bytes of one HTTP request body: a model command is a hundred bytes. */
export const HTTP_BODY_BYTES_MAX = 65_536;

/** Bytes that the larger bodies of all requests under way have together: some requests of ten thousand events. */
export const HTTP_BODIES_BYTES_MAX = 67_108_864;

/** Bytes of a request that brings events, as sent and expanded: a hundred thousand of them, parsed in some 100 ms. */
export const INGEST_BODY_BYTES_MAX = 16_777_216;

/**
 * Bytes of the body of a refused request, beyond those that its route takes, that are read and dropped, and milliseconds of silence
 * that end it: a client that still writes when its connection is closed sees a reset, and not what is wrong.
 */
export const DROPPED_BODY_BYTES_MAX = 67_108_864;
export const DROPPED_BODY_SILENCE_MS = 1_000;

/** Frames of a body that Zstandard compresses: each costs about 20 microseconds, and a body could have a million empty ones. */
export const INGEST_BODY_FRAMES_MAX = 1_000;

/** Events of such a request: more do not make it cheaper. */
export const INGEST_ROWS_MAX = 100_000;

/** Bytes of a body that is parsed and encoded at once; larger ones are, in pieces, one after the other. */
export const INGEST_SMALL_BYTES_MAX = 65_536;

/** Characters of one event of such a request: what a record of a topic may take, as text, parsed within some 50 ms. */
export const INGEST_ROW_CHARS_MAX = 2_097_152;

/** Milliseconds of one piece: what else the process does waits that long. */
export const INGEST_PIECE_MS_MAX = 5;

/** Refused events that an answer describes; all are counted. */
export const INGEST_FAULTS_MAX = 100;

/** Bytes of one transaction of such events, unless one request has more: written within some tens of milliseconds. */
export const INGEST_COMMIT_BYTES_MAX = 8_388_608;

/** Idempotency keys that a process remembers, the newest: some 30 MB. And for how long their topic keeps them, ms. */
export const INGEST_KEYS_MAX = 100_000;
export const INGEST_KEY_MS = 86_400_000;

/** Milliseconds that a closing port waits for the transaction of such events that is being written. */
export const INGEST_CLOSE_MS_MAX = 2_000;

/** Characters of an idempotency key: several times a UUID. */
export const INGEST_KEY_CHARS_MAX = 255;

/** Bytes of the record of a key: one with the counts of a thousand partitions. */
export const INGEST_KEY_RECORD_BYTES_MAX = 65_536;

/** Milliseconds that a request waits for transactions that other processes have open: longer than any of them lasts. */
export const INGEST_SETTLE_MS_MAX = 25_000;

/** Characters of a request's path and query, and its headers: several times what browsers and clients send. */
export const REQUEST_TARGET_LENGTH_MAX = 8_192;
export const REQUEST_HEADERS_MAX = 100;

/** Bytes of the head of a request: room for a bearer token of several kilobytes. */
export const REQUEST_HEAD_BYTES_MAX = 16_384;

/** Milliseconds for the head of a request, and for its body after it: seconds on any line that works. */
export const HTTP_HEAD_MS_MAX = 10_000;
export const HTTP_BODY_MS_MAX = 20_000;

/** Milliseconds for which a connection is kept without a request, and for which a client may not read a response. */
export const HTTP_IDLE_MS_MAX = 30_000;

/** Connections of one process, WebSockets included: below the 4,096 files that many systems allow by default. */
export const CONNECTIONS_MAX = 3_072;

/** Connections of one client address: a test of a few hundred clients runs on one machine. */
export const CONNECTIONS_PER_ADDRESS = 512;

/** Requests per second of one credential, or of one address without: a thousand dashboards, a fraction of what the port serves. */
export const REQUESTS_PER_SECOND = 1_000;

/** Largest such rate that may be set. */
export const REQUESTS_PER_SECOND_MAX = 1_000_000;

/** Clients whose rate is remembered, the most recent: some megabytes. */
export const RATE_KEYS_MAX = 16_384;

/** How often the files of the port's certificate are read, ms: a renewal is in use before the old one ends. */
export const TLS_FILES_CHECK_MS = 5_000;

/** Milliseconds that a readiness check may take: below the one second that probes commonly allow. */
export const READY_CHECK_MS_MAX = 800;

// WebSockets

/** Bytes of one WebSocket message from a client: a subscription with one resume id a partition. */
export const SOCKET_MESSAGE_BYTES_MAX = 16_384;

/** Frames of one message of a client: empty ones add no bytes. Clients send a message of this size in one frame. */
export const SOCKET_FRAGMENTS_MAX = 64;

/** Milliseconds of silence before a WebSocket is closed; it is pinged at half of that. uWebSockets.js accepts 8 s to 960 s. */
export const SOCKET_IDLE_MS_MAX = 60_000;

/** WebSocket clients of one process: bounds the cost of fanning out one block. */
export const SUBSCRIBERS_MAX = 1_024;

/** Bytes buffered for one subscriber before it is disconnected: about twenty full batches, a second or more of a slow line. */
export const SUBSCRIBER_BUFFER_BYTES_MAX = 4_194_304;

/** Milliseconds for a client to answer a close frame, behind what it has not read, before it is disconnected. */
export const SOCKET_CLOSE_MS_MAX = 10_000;

/** Messages per second of one WebSocket client, and how many at once: a subscription is one message. */
export const SOCKET_MESSAGES_PER_SECOND = 10;
export const SOCKET_MESSAGES_BURST_MAX = 64;

/** Milliseconds for which a client that resumes may not read before it is disconnected. */
export const RESUME_STALL_MS_MAX = 15_000;

/** Bytes that a client that resumes has not read when it gets its next block: hundreds of them fill no memory. */
export const RESUME_BUFFER_BYTES_MAX = 131_072;

/**
 * Offsets of one page of the predictions topic, as clients that resume read it; pages that are kept for others, some 0.1 MB
 * each, and for how long; and pages that are read at the same time.
 */
export const PREDICTION_PAGE_OFFSETS = 1_024;
export const PREDICTION_PAGES_MAX = 128;
export const PREDICTION_PAGE_KEPT_MS = 10_000;
export const PREDICTION_PAGE_READS_MAX = 8;

/** How often predictions that are served but not committed yet are looked for, ms. */
export const PREDICTION_PAGE_POLL_MS = 50;

/** Milliseconds of each turn of the event loop for clients that resume, and the block that is begun: the engine has the rest. */
export const RESUME_SLICE_MS = 2;

/** Predictions per partition that the hub retains for clients that resume. */
export const RESUME_ROWS_MAX = 8_192;

/** Milliseconds between two messages to clients that request a sample: as fast as a person can follow. */
export const SAMPLE_INTERVAL_MS = 200;

/** Predictions of one sample message. */
export const SAMPLE_ROWS_MAX = 4;

// Access to the port

/**
 * Wrong credentials that an address may send before it has to wait, for how long, and after what time without one they are
 * forgotten: a person who mistypes is not held up, and a token of eight characters is not found.
 */
export const FAILURES_FREE = 5;
export const FAILURE_WAIT_MS_MIN = 1_000;
export const FAILURE_WAIT_MS_MAX = 60_000;
export const FAILURE_FORGOTTEN_MS = 900_000;

/** Addresses with wrong credentials that are remembered, 200 bytes each. */
export const FAILURE_ADDRESSES_MAX = 4_096;

/** Characters of a JSON Web Token, and roles that are read from one: a header of a request has room for it. */
export const JWT_CHARS_MAX = 8_192;
export const JWT_ROLES_MAX = 256;

/**
 * An issuer's key set: its bytes, how long it is kept, how long a request for it may take, and the time between two requests
 * because of a key that it lacks, so that tokens with made-up keys cause no flood of requests.
 */
export const JWKS_BYTES_MAX = 262_144;
export const JWKS_KEPT_MS = 600_000;
export const JWKS_MS_MAX = 5_000;
export const JWKS_COOL_DOWN_MS = 30_000;

/** API keys of one topology, 0.5 KB each: a forger of records can fill no memory. */
export const KEYS_MAX = 10_000;

/** Bytes of the record of an API key, and what is in it. */
export const KEY_RECORD_BYTES_MAX = 16_384;
export const KEY_NAME_CHARS_MAX = 200;
export const KEY_TOPOLOGIES_MAX = 64;

/** Milliseconds that a WebSocket client that needs a credential has to send it: a round trip and a key's verification. */
export const SOCKET_CREDENTIAL_MS_MAX = 10_000;

/** Milliseconds between two checks that the credentials of WebSocket clients still hold: a revoked key ends with it. */
export const CREDENTIAL_CHECK_MS = 1_000;

/** Messages of a WebSocket client that wait while its credential is verified: a subscription, with room to spare. */
export const SOCKET_MESSAGES_WAITING_MAX = 4;

// The dashboard

/** Points of each dashboard series: more than its pixels can show. */
export const DASHBOARD_POINTS_MAX = 400;

/** Models in the dashboard's timeline, newest kept. */
export const DASHBOARD_MODELS_MAX = 100;

/** Milliseconds that one dashboard snapshot serves all viewers. */
export const DASHBOARD_STATE_MS = 500;

/** Bytes of a request for features: a thousand entities of a thousand bytes. */
export const FEATURES_BODY_BYTES_MAX = 1_048_576;
