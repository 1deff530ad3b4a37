// Bounds of topologies, each with its reason.

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
