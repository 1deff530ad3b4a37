// Port: features as a reader of the online store sees them (types alone, control path).

/**
 * What is known of a feature of an entity.
 *
 * - `present`: it has a value.
 * - `null`: the windows of the entity hold nothing that makes a value, as the mean of no event.
 * - `not_found`: the store has nothing of the entity: it was never seen, or not since its windows passed and a day more.
 * - `rebuilding`: the store has lost state of the entity or of its partition, and the engine rebuilds it: what is there lacks
 *   events.
 * - `outside_max_age`: the newest event of the entity is older than the request, or the view, accepts.
 * - `outside_history`: the instant is before what the windows keep: the newest event of the entity less the allowed lateness.
 */
export type FeatureStatus =
  'present' | 'null' | 'not_found' | 'rebuilding' | 'outside_max_age' | 'outside_history';

/**
 * The columns that make an entity's keys, by name: `{ card: '4929', merchant: 'm1' }`. Numbers are as in JSON; an integer
 * beyond 2^53 of a column of strings, such as an `int64`, is a string or a bigint.
 */
export type EntityColumns = Readonly<Record<string, string | number | bigint | boolean>>;

export interface FeaturesRequest {
  /** A service, or a view, whose features are then all read. */
  readonly service: string;
  /** At least one, and at most FEATURES_ENTITIES_MAX. Each has the key columns of every view of the service. */
  readonly entities: readonly EntityColumns[];
  /**
   * The instant to compute the features for, event time, ms. By default now: the clock, or the watermark of the partition
   * where that is ahead or more than 30 days behind.
   */
  readonly asOfMs?: number;
  /** The age of the newest event up to which a value counts, ms; by default what the view declares, else any. */
  readonly maxAgeMs?: number;
}

/** Features of one entity; the arrays are in the order of `FeaturesReply.features`. */
export interface EntityFeatures {
  /** Null unless the status is `present`. */
  readonly values: ReadonlyArray<number | null>;
  readonly statuses: readonly FeatureStatus[];
  /** Event time of the newest event in the view of the feature, ms; null for an entity that was not found, or is rebuilt. */
  readonly eventTimeMs: ReadonlyArray<number | null>;
  /** How much older that is than the instant that the value is computed for, ms; 0 if it is later. */
  readonly freshnessMs: ReadonlyArray<number | null>;
}

/** How far a partition's state has come: what is read is as of its last checkpoint. */
export interface ReadPartition {
  readonly partition: number;
  /** The first event of the source that is not in the state. */
  readonly offset: number;
  /** Event time, ms; null before there is one. */
  readonly watermarkMs: number | null;
}

export interface FeaturesReply {
  /** Names of the features: those of the service that the store can tell, in its order. */
  readonly features: readonly string[];
  /** In the order of the entities. */
  readonly results: readonly EntityFeatures[];
  /** The partitions that were read, ascending. */
  readonly partitions: readonly ReadPartition[];
}

export interface FeaturesReader {
  /** Names that a request may give: views and services. */
  readonly services: readonly string[];
  /** @throws MillraceError DATA_INVALID if the service is not known, or an entity lacks a column */
  read(request: FeaturesRequest): Promise<FeaturesReply>;
}
