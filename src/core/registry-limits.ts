// Bounds of requests to the schema registry, each with its reason.

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
