// Tables and views of the history, as migrations (control path). docs/tables.md describes each column.
//
// EPHEMERAL columns exist in an INSERT alone: the writer sends floats as their bits and times as integers, and the server
// computes the stored columns from them, so that a value read back is the scored value, bit for bit.

import { CLASS_STATEMENTS } from './class-columns.ts';
import { ITEM_STATEMENTS } from './item-columns.ts';
import { REVISION_STATEMENTS } from './revision-columns.ts';

export interface Migration {
  readonly version: number;
  readonly statements: readonly string[];
}

/** Blocks whose insert tokens a table remembers: it drops a block that is sent again after a lost reply. */
const DEDUPLICATION_WINDOW = 1_000;

const LOG_SETTINGS = `SETTINGS non_replicated_deduplication_window = ${DEDUPLICATION_WINDOW}`;

/** A nullable float from its bits, where NaN means null. */
function nullableFloat(bits: string): string {
  return `if(isNaN(reinterpretAsFloat32(${bits})), NULL, reinterpretAsFloat32(${bits}))`;
}

const NAN_BITS = 0x7fc00000;

const SOURCE = `
  topology LowCardinality(String) COMMENT 'name of the topology',
  topic LowCardinality(String) COMMENT 'topic of the scored event',
  partition UInt32 COMMENT 'partition of the scored event',`;

const PREDICTION = `${SOURCE}
  offset UInt64 COMMENT 'offset of the scored event; id of the prediction with topic and partition' CODEC(Delta, ZSTD(1)),
  event_ms Int64 EPHEMERAL 0,
  event_time DateTime64(3, 'UTC') DEFAULT fromUnixTimestamp64Milli(event_ms, 'UTC') COMMENT 'event time of the scored event' CODEC(Delta, ZSTD(1)),
  key String COMMENT 'entity that the prediction is about' CODEC(ZSTD(1)),`;

const FEATURE_LOG = `
CREATE TABLE IF NOT EXISTS feature_log (${PREDICTION}
  feature_set LowCardinality(String) COMMENT 'names of the features: feature_sets.feature_set',
  packed String EPHEMERAL '',
  features Array(Float32) DEFAULT reinterpret(base64Decode(packed), 'Array(Float32)') COMMENT 'vector as scored, NaN where missing' CODEC(ZSTD(1))
) ENGINE = MergeTree PARTITION BY toYYYYMM(event_time) ORDER BY (topology, topic, partition, offset) ${LOG_SETTINGS}
COMMENT 'Feature vectors as they were scored'`;

const FEATURE_SETS = `
CREATE TABLE IF NOT EXISTS feature_sets (
  topology LowCardinality(String) COMMENT 'name of the topology',
  feature_set String COMMENT 'hash of the names',
  names Array(String) COMMENT 'feature names in the order of feature_log.features'
) ENGINE = ReplacingMergeTree ORDER BY (topology, feature_set)
COMMENT 'Feature names of each layout of feature_log.features'`;

const SCORES = `
  score_bits UInt32 EPHEMERAL ${NAN_BITS},
  score Float32 DEFAULT reinterpretAsFloat32(score_bits) COMMENT 'what the model said; 0 to 1 for a binary task' CODEC(ZSTD(1)),
  shadow_bits UInt32 EPHEMERAL ${NAN_BITS},
  shadow_score Nullable(Float32) DEFAULT ${nullableFloat('shadow_bits')} COMMENT 'what the shadow model said, NULL without one' CODEC(ZSTD(1)),
  flags UInt8 COMMENT 'bit 0 fallback value, bit 1 contract flagged the event, bit 2 contract defaulted a value' CODEC(ZSTD(1)),
  model_version LowCardinality(String) COMMENT 'model that scored, none before there was one'`;

const PREDICTIONS = `
CREATE TABLE IF NOT EXISTS predictions (${PREDICTION}${SCORES},
  id String ALIAS concat(topic, '-', toString(partition), '-', toString(offset)) COMMENT 'topic-partition-offset, computed when it is asked for'
) ENGINE = MergeTree PARTITION BY toYYYYMM(event_time) ORDER BY (topology, topic, partition, offset) ${LOG_SETTINGS}
COMMENT 'Predictions as they were published'`;

const LABELS = `
CREATE TABLE IF NOT EXISTS labels (${SOURCE}
  label_offset UInt64 COMMENT 'offset of the event that brought the label, or whose time ended the wait' CODEC(Delta, ZSTD(1)),
  prediction_offset UInt64 COMMENT 'offset of the prediction' CODEC(Delta, ZSTD(1)),
  label_ms Int64 EPHEMERAL 0,
  label_time DateTime64(3, 'UTC') DEFAULT fromUnixTimestamp64Milli(label_ms, 'UTC') COMMENT 'event time at which the label was known' CODEC(Delta, ZSTD(1)),
  prediction_ms Int64 EPHEMERAL 0,
  prediction_time DateTime64(3, 'UTC') DEFAULT fromUnixTimestamp64Milli(prediction_ms, 'UTC') COMMENT 'event time of the prediction' CODEC(Delta, ZSTD(1)),
  key String COMMENT 'entity that the prediction is about' CODEC(ZSTD(1)),
  label_bits UInt32 EPHEMERAL ${NAN_BITS},
  label Nullable(Float32) DEFAULT ${nullableFloat('label_bits')} COMMENT 'as the task reads it, 0 or 1 for a binary one; NULL where it will never come' CODEC(ZSTD(1)),${SCORES}
) ENGINE = MergeTree PARTITION BY toYYYYMM(label_time) ORDER BY (topology, topic, partition, label_offset, prediction_offset) ${LOG_SETTINGS}
COMMENT 'Labels joined to their predictions'`;

const DRIFT_REPORTS = `
CREATE TABLE IF NOT EXISTS drift_reports (
  topology LowCardinality(String) COMMENT 'name of the topology',
  from_time DateTime64(3, 'UTC') COMMENT 'start of the current window, event time, inclusive',
  to_time DateTime64(3, 'UTC') COMMENT 'end of the current window, event time, exclusive',
  model_version LowCardinality(String) COMMENT 'model whose training rows are the reference',
  feature LowCardinality(String) COMMENT 'feature name, score for the score, the name of the loss (log_loss) for the error detectors',
  detector LowCardinality(String) COMMENT 'psi_ks, adwin, page_hinkley, or the name of another statistic or detector',
  n UInt64 COMMENT 'rows in the current window',
  psi Nullable(Float64) COMMENT 'population stability index, natural logarithm',
  psi_threshold Nullable(Float64) COMMENT 'what psi, or value, must exceed',
  ks Nullable(Float64) COMMENT 'two-sample Kolmogorov-Smirnov statistic',
  p_value Nullable(Float64) COMMENT 'of ks or psi, or of another statistic or detector',
  p_adjusted Nullable(Float64) COMMENT 'p_value after Benjamini-Hochberg over the features',
  value Nullable(Float64) COMMENT 'level of the monitored loss, or value of another statistic',
  drifted Bool COMMENT 'alarm'
) ENGINE = ReplacingMergeTree ORDER BY (topology, to_time, from_time, detector, feature, model_version)
COMMENT 'What drift detection found; read with FINAL'`;

const MODEL_EVENTS = `
CREATE TABLE IF NOT EXISTS model_events (
  topology LowCardinality(String) COMMENT 'name of the topology',
  at DateTime64(3, 'UTC') COMMENT 'event time',
  kind LowCardinality(String) COMMENT 'requested, trained, rejected, promoted, rolled_back or failed',
  version String COMMENT 'model version',
  reason String COMMENT 'why it was requested',
  detail String COMMENT 'verdict or error with its figures'
) ENGINE = ReplacingMergeTree ORDER BY (topology, at, kind, version)
COMMENT 'Life of the models; read with FINAL'`;

const METRICS = `
CREATE TABLE IF NOT EXISTS metrics (
  topology LowCardinality(String) COMMENT 'name of the topology',
  at DateTime64(3, 'UTC') COMMENT 'event time' CODEC(Delta, ZSTD(1)),
  name LowCardinality(String) COMMENT 'metric name',
  labels Map(LowCardinality(String), String) COMMENT 'its labels, keys ascending',
  value Float64 COMMENT 'unit as the name says' CODEC(Gorilla, ZSTD(1))
) ENGINE = ReplacingMergeTree ORDER BY (topology, name, toString(labels), at)
COMMENT 'Quality and volume over event time; read with FINAL'`;

/** Key and value are arbitrary bytes or null: an INSERT has them as base64, or NULL. */
const EVENTS = `
CREATE TABLE IF NOT EXISTS events (
  topology LowCardinality(String) COMMENT 'name of the topology that archived the event',
  topic LowCardinality(String) COMMENT 'topic of the event',
  partition UInt32 COMMENT 'partition of the event',
  offset UInt64 COMMENT 'offset of the event' CODEC(Delta, ZSTD(1)),
  offset_from UInt64 COMMENT 'the topic has no other event from this offset to the event' CODEC(Delta, ZSTD(1)),
  offset_next UInt64 COMMENT 'the topic has no other event between this one and this offset' CODEC(Delta, ZSTD(1)),
  record_ms Int64 EPHEMERAL 0,
  record_time DateTime64(3, 'UTC') DEFAULT fromUnixTimestamp64Milli(record_ms, 'UTC') COMMENT 'timestamp of the record in the log' CODEC(Delta, ZSTD(1)),
  packed_key Nullable(String) EPHEMERAL NULL,
  key Nullable(String) DEFAULT base64Decode(packed_key) COMMENT 'bytes of the key, NULL where it has none' CODEC(ZSTD(1)),
  packed_value Nullable(String) EPHEMERAL NULL,
  value Nullable(String) DEFAULT base64Decode(packed_value) COMMENT 'bytes of the value as the log has them, NULL for a tombstone' CODEC(ZSTD(1))
) ENGINE = MergeTree PARTITION BY toYYYYMM(record_time) ORDER BY (topology, topic, partition, offset) ${LOG_SETTINGS}
COMMENT 'Events as the log gave them, of sources that are archived'`;

/** Each prediction with its label, if there is one. */
const PREDICTIONS_LABELLED = `
CREATE VIEW IF NOT EXISTS predictions_labelled AS
SELECT p.topology AS topology, p.topic AS topic, p.partition AS partition, p.offset AS offset,
  p.event_time AS event_time, p.key AS key, p.score AS score, p.shadow_score AS shadow_score, p.flags AS flags,
  p.model_version AS model_version, l.label AS label,
  if(l.is_there = 1, l.label_time, NULL) AS label_time,
  multiIf(l.is_there = 0, 'pending', isNull(l.label), 'never', 'joined') AS label_state
FROM predictions AS p
LEFT JOIN (
  SELECT topology, topic, partition, prediction_offset, label, label_time, 1 AS is_there FROM labels
) AS l
ON p.topology = l.topology AND p.topic = l.topic AND p.partition = l.partition AND p.offset = l.prediction_offset`;

/** One row per feature of a prediction, by name. */
const FEATURES_NAMED = `
CREATE VIEW IF NOT EXISTS features_named AS
SELECT f.topology AS topology, f.topic AS topic, f.partition AS partition, f.offset AS offset,
  f.event_time AS event_time, f.key AS key, name, value
FROM feature_log AS f
INNER JOIN (SELECT topology, feature_set, any(names) AS names FROM feature_sets GROUP BY topology, feature_set) AS s
ON f.topology = s.topology AND f.feature_set = s.feature_set
ARRAY JOIN s.names AS name, f.features AS value`;

const FEATURE_ENTITIES = `
ALTER TABLE feature_log ADD COLUMN IF NOT EXISTS
  entities Map(LowCardinality(String), String) COMMENT 'whose features they are: entity by view, empty where a column of its key is null' CODEC(ZSTD(1))`;

/**
 * The same with the view of each feature, which is the longest that its name begins with, and the entity: that of the
 * view or, for a field of the event, what the prediction is about.
 */
const FEATURES_OF_ENTITIES = `
CREATE OR REPLACE VIEW features_named AS
SELECT f.topology AS topology, f.topic AS topic, f.partition AS partition, f.offset AS offset,
  f.event_time AS event_time, f.key AS key, name, value,
  arrayFirst(v -> startsWith(name, concat(v, '.')), arrayReverseSort(v -> length(v), mapKeys(f.entities))) AS view,
  if(view = '', f.key, f.entities[view]) AS entity
FROM feature_log AS f
INNER JOIN (SELECT topology, feature_set, any(names) AS names FROM feature_sets GROUP BY topology, feature_set) AS s
ON f.topology = s.topology AND f.feature_set = s.feature_set
ARRAY JOIN s.names AS name, f.features AS value`;

/** The hash is part of the order: another record of the same number does not replace the first. */
const AUDIT = `
CREATE TABLE IF NOT EXISTS audit (
  topology LowCardinality(String) COMMENT 'name of the topology',
  sequence UInt64 COMMENT 'number of the record in the chain, from 1',
  at DateTime64(3, 'UTC') COMMENT 'wall clock of the process that made the change',
  action LowCardinality(String) COMMENT 'what was done: start, promotion, rollback, replay and others',
  actor String COMMENT 'who: an identity, or the user of the operating system for a command',
  origin String COMMENT 'from where: an address, or host and process of a command',
  subject String COMMENT 'what was changed',
  before Nullable(String) COMMENT 'JSON of what was before, NULL for nothing',
  after Nullable(String) COMMENT 'JSON of what is after, NULL for nothing',
  previous String COMMENT 'hash of the record before it, empty for the first',
  hash String COMMENT 'SHA-256 of the other fields'
) ENGINE = ReplacingMergeTree ORDER BY (topology, sequence, hash)
COMMENT 'Copy of the audit log; read with FINAL'`;

const COLUMN_PROFILES = `
CREATE TABLE IF NOT EXISTS column_profiles (
  topology LowCardinality(String) COMMENT 'name of the topology',
  topic LowCardinality(String) COMMENT 'topic of the events',
  partition UInt32 COMMENT 'partition of the events',
  column LowCardinality(String) COMMENT 'name of the column',
  kind LowCardinality(String) COMMENT 'number or string',
  from_time DateTime64(3, 'UTC') COMMENT 'start of the period, event time, inclusive',
  to_time DateTime64(3, 'UTC') COMMENT 'end of the period, event time, exclusive',
  rows UInt64 COMMENT 'events',
  nulls UInt64 COMMENT 'events without a value',
  min Nullable(Float64) COMMENT 'least value, or length of a string in bytes; NULL without a value and for a sensitive column',
  max Nullable(Float64) COMMENT 'greatest value, or length of a string in bytes; NULL as min is',
  distinct UInt64 COMMENT 'estimated number of distinct values, with a standard error of 2.3 %',
  registers Array(UInt8) COMMENT 'HyperLogLog registers: maxForEach merges partitions and periods' CODEC(ZSTD(1)),
  examples Array(String) COMMENT 'some values; none of a sensitive column'
) ENGINE = ReplacingMergeTree(rows) ORDER BY (topology, topic, partition, column, from_time)
COMMENT 'What is known of each column by partition and period; read with FINAL'`;

/** Estimate of HyperLogLog with linear counting: Flajolet et al. (2007), of 2,048 registers. */
const COLUMN_QUALITY = `
CREATE VIEW IF NOT EXISTS column_quality AS
SELECT topology, column, from_time, to_time, events AS rows, missing AS nulls, missing / events AS null_share,
  least AS min, greatest AS max, toUInt64(round(if(raw <= 5120 AND zeros > 0, 2048 * log(2048 / zeros), raw))) AS distinct,
  some AS examples
FROM (
  SELECT topology, column, from_time, to_time, sum(p.rows) AS events, sum(p.nulls) AS missing, min(p.min) AS least,
    max(p.max) AS greatest, maxForEach(p.registers) AS merged,
    0.7213 / (1 + 1.079 / 2048) * 2048 * 2048 / arraySum(r -> exp2(-r), merged) AS raw,
    countEqual(merged, 0) AS zeros, arraySlice(arraySort(groupUniqArrayArray(p.examples)), 1, 3) AS some
  FROM column_profiles AS p FINAL
  GROUP BY topology, column, from_time, to_time
)`;

function backfilledFlag(table: string): string {
  return `ALTER TABLE ${table} COMMENT COLUMN flags
  'bit 0 fallback value, bit 1 contract flagged the event, bit 2 contract defaulted a value, bit 3 a backfill computed it, bit 4 an alert'`;
}

/** The migrations that have been applied. */
export const SCHEMA_VERSIONS = `
CREATE TABLE IF NOT EXISTS millrace_schema (
  version UInt32 COMMENT 'migration',
  applied_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'wall clock'
) ENGINE = ReplacingMergeTree ORDER BY version
COMMENT 'Migrations that were applied'`;

/** In order. Add at the end, and never change a released one. */
export const MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    statements: [
      FEATURE_SETS,
      FEATURE_LOG,
      PREDICTIONS,
      LABELS,
      DRIFT_REPORTS,
      MODEL_EVENTS,
      METRICS,
      PREDICTIONS_LABELLED,
      FEATURES_NAMED,
    ],
  },
  { version: 2, statements: [EVENTS] },
  {
    version: 3,
    statements: [FEATURE_ENTITIES, FEATURES_OF_ENTITIES],
  },
  { version: 4, statements: [AUDIT] },
  { version: 5, statements: [backfilledFlag('predictions'), backfilledFlag('labels')] },
  { version: 6, statements: [COLUMN_PROFILES, COLUMN_QUALITY] },
  { version: 7, statements: ITEM_STATEMENTS },
  { version: 8, statements: CLASS_STATEMENTS },
  { version: 9, statements: REVISION_STATEMENTS },
];
