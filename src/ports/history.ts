// Port: the offline store (ClickHouse, or chdb in the process).
import type { RawBatch } from '../core/batch.ts';
import type { LabelBlock, PredictionBlock } from '../core/blocks.ts';
import type { DriftReportRow, ModelEventRow, MetricRow } from '../core/reports.ts';
import type { TopicPartition } from '../core/topic-partition.ts';

/** What was known at `untilMs`: predictions whose label's event time is before it. */
export interface TrainingSetQuery {
  readonly topology: string;
  /** Event time of predictions, [fromMs, untilMs). */
  readonly fromMs: number;
  readonly untilMs: number;
  /** The newest rows are kept where there are more. */
  readonly rowsMax: number;
  readonly width: number;
}

/** Ordered by prediction event time, then partition, then offset. `features` is row-major, rowCount * width. */
export interface TrainingSet {
  readonly rowCount: number;
  readonly width: number;
  readonly features: Float32Array;
  readonly labels: Float32Array;
  /** What was predicted live, and when. */
  readonly scores: Float32Array;
  readonly eventTimeMs: Float64Array;
}

/** Records [begin, end) of a fetch, as the log gave them. */
export interface EventRows {
  readonly raw: RawBatch;
  readonly begin: number;
  readonly end: number;
  /** Where reading stood before the first of them: the topic has no other record from there to it. */
  readonly offsetFrom: number;
}

/** One partition of a source, as one topology archives it. */
export interface EventSource extends TopicPartition {
  readonly topology: string;
}

/** What is archived of a source. Reads what is in the tables: flush first. */
export interface EventArchive {
  flush(): Promise<void>;
  /** The first archived offset whose record timestamp is `timestampMs` or later; null where there is none. */
  eventOffsetForTime(of: EventSource, timestampMs: number): Promise<number | null>;
  /** Whether every record that the topic had in [from, to) of its offsets is archived. */
  holdsEvents(of: EventSource, from: number, to: number): Promise<boolean>;
  /** The archived records of [from, to) in the order of their offsets, a page at a time. */
  readEvents(of: EventSource, from: number, to: number): AsyncIterable<RawBatch>;
}

/**
 * Writes are buffered and sent in blocks; `flush` resolves when all of them are in the table. Rows carry (topic,
 * partition, offset) and the writer skips what the table already holds.
 */
export interface History extends EventArchive {
  predictions(topology: string, block: PredictionBlock): void;
  labels(topology: string, block: LabelBlock): void;
  /** Events of a source that is archived. */
  events(topology: string, rows: EventRows): void;
  driftReports(rows: readonly DriftReportRow[]): void;
  modelEvents(rows: readonly ModelEventRow[]): void;
  metrics(rows: readonly MetricRow[]): void;
  /** Names the positions of a topology's scored vectors, so that analysts get a feature by name. */
  describeFeatures(topology: string, names: readonly string[]): void;
  /** Rows buffered and not yet in a table, large ones counted as several: the engine pauses where a slow store lets it grow past its bound. */
  readonly bufferedRows: number;
  trainingSet(query: TrainingSetQuery): Promise<TrainingSet>;
  ping(): Promise<void>;
  close(): Promise<void>;
}
