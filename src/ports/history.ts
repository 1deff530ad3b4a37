// Port: the offline store (ClickHouse, or embedded chdb).
import type { RawBatch } from '../core/batch.ts';
import type { FeatureBlock, LabelBlock, PredictionBlock } from '../core/blocks.ts';
import type { ColumnProfileRow, DriftReportRow, ModelEventRow, MetricRow } from '../core/reports.ts';
import type { AuditRecord } from './audit.ts';
import type { TextColumn } from '../core/text-column.ts';
import type { TopicPartition } from '../core/topic-partition.ts';

/**
 * What was known at `untilMs`: predictions with the newest label whose event time is before it, unless that withdraws what
 * there was; or every prediction before it.
 */
export interface TrainingSetQuery {
  readonly topology: string;
  /** Event time of predictions, [fromMs, untilMs), or until `predictedUntilMs` if that is earlier. */
  readonly fromMs: number;
  readonly untilMs: number;
  readonly predictedUntilMs?: number;
  /** If there are more rows, the newest are returned. */
  readonly rowsMax: number;
  readonly width: number;
  /** False: rows need no label, and their labels and scores are NaN. */
  readonly isLabelled: boolean;
  /** Whether the set has `identities`, which few trainers need; false by default. */
  readonly hasIdentities?: boolean;
}

/** Which events the rows of a set are of, and whose: a text for each row. */
export interface RowIdentities {
  /** The id of the prediction: `topic-partition-offset`, with `.item` for a row of an item. */
  readonly ids: TextColumn;
  /** The entity that the prediction is about. */
  readonly keys: TextColumn;
  /** A JSON object of entity by view, empty where a column of the view's key is null. */
  readonly entities: TextColumn;
}

/** Ordered by prediction event time, then partition, then offset. `features` is row-major, rowCount * width. */
export interface TrainingSet {
  readonly rowCount: number;
  readonly width: number;
  readonly features: Float32Array;
  readonly labels: Float32Array;
  /** The live predictions, and their event times. */
  readonly scores: Float32Array;
  readonly eventTimeMs: Float64Array;
  /** If the query asks for them. */
  readonly identities?: RowIdentities;
}

/** The newest vectors of a topology. */
export interface RecentVectorsQuery {
  readonly topology: string;
  readonly rowsMax: number;
  readonly width: number;
}

/** Ordered by event time, then partition, then offset. `features` is row-major, rowCount * width. */
export type RecentVectors = Pick<TrainingSet, 'rowCount' | 'width' | 'features'>;

/** Records [begin, end) of a fetch, as read from the log. */
export interface EventRows {
  readonly raw: RawBatch;
  readonly begin: number;
  readonly end: number;
  /** The read position before the first of them: the topic has no other record in between. */
  readonly offsetFrom: number;
}

/** One partition of a source, as one topology archives it. */
export interface EventSource extends TopicPartition {
  readonly topology: string;
}

/** How the rows of an entity are recognised without its events. */
export interface EntityOfRows {
  readonly value: string;
  /** Views whose key is the entity's column alone. */
  readonly views: readonly string[];
  /** Whether predictions have the entity as their key. */
  readonly isKey: boolean;
}

/** Number of rows that were deleted, by what they are. */
export interface ErasedHistory {
  readonly features: number;
  readonly predictions: number;
  readonly labels: number;
}

/** The archive of source records. Reads see only what is in the tables: flush first. */
export interface EventArchive {
  flush(): Promise<void>;
  /** The first archived offset whose record timestamp is `timestampMs` or later; null if there is none. */
  eventOffsetForTime(source: EventSource, timestampMs: number): Promise<number | null>;
  /** Whether every record that the topic had at offsets [from, to) is archived. */
  holdsEvents(source: EventSource, from: number, to: number): Promise<boolean>;
  /** The archived records of [from, to) in offset order, one page at a time. */
  readEvents(source: EventSource, from: number, to: number): AsyncIterable<RawBatch>;
}

/**
 * Writes are buffered and sent in blocks; `flush` resolves when all of them are in the table. Rows carry (topic,
 * partition, offset), and the writer skips rows that the table already has.
 */
export interface History extends EventArchive {
  predictions(topology: string, block: PredictionBlock): void;
  /** Vectors that nothing has scored. */
  features(topology: string, block: FeatureBlock): void;
  labels(topology: string, block: LabelBlock): void;
  /** Events of a source that is archived. */
  events(topology: string, rows: EventRows): void;
  driftReports(rows: readonly DriftReportRow[]): void;
  modelEvents(rows: readonly ModelEventRow[]): void;
  metrics(rows: readonly MetricRow[]): void;
  /** Of a column, partition and period, the profile with the most rows stays: one of a part of its events replaces none. */
  columnProfiles(rows: readonly ColumnProfileRow[]): void;
  /** Records that are there already are not written again. */
  audit(records: readonly AuditRecord[]): void;
  /** What the table has of a topology's audit log, in the order of the numbers, some records at a time. */
  readAudit(topology: string): AsyncIterable<readonly AuditRecord[]>;
  /**
   * Deletes the rows of events at `fromOffset` and later: the offsets are about to be used a second time, by other events.
   * Call it before any of those is written.
   */
  forget(source: EventSource, fromOffset: number): Promise<void>;
  /** Offsets of the events whose predictions and features are of an entity, ascending, as far as their rows say so. */
  offsetsOf(source: EventSource, entity: EntityOfRows): Promise<readonly number[]>;
  /**
   * Deletes the predictions and features of events, and the labels of the predictions; resolves when they are gone from the
   * tables and from what the tables keep.
   */
  erase(source: EventSource, offsets: readonly number[]): Promise<ErasedHistory>;
  /** Names the positions of a topology's feature vectors, so that queries can select a feature by name. */
  describeFeatures(topology: string, names: readonly string[]): void;
  /**
   * Rows that are buffered and not yet in a table; a large row counts as several. The engine pauses while a slow store
   * lets it exceed its limit.
   */
  readonly bufferedRows: number;
  trainingSet(query: TrainingSetQuery): Promise<TrainingSet>;
  /** The vectors that were scored last, labelled or not; those of another width are left out. */
  recentVectors(query: RecentVectorsQuery): Promise<RecentVectors>;
  ping(): Promise<void>;
  close(): Promise<void>;
}
