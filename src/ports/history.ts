// Port: the offline store (ClickHouse, or chdb in the process).
import type { LabelBlock, PredictionBlock } from '../core/blocks.ts';
import type { DriftReportRow, ModelEventRow, MetricRow } from '../core/reports.ts';

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

/**
 * Writes are buffered and sent in blocks; `flush` resolves when all of them are in the table. Rows carry (topic,
 * partition, offset) and the writer skips what the table already holds.
 */
export interface History {
  predictions(topology: string, block: PredictionBlock): void;
  labels(topology: string, block: LabelBlock): void;
  driftReports(rows: readonly DriftReportRow[]): void;
  modelEvents(rows: readonly ModelEventRow[]): void;
  metrics(rows: readonly MetricRow[]): void;
  /** Names the positions of a topology's scored vectors, so that analysts get a feature by name. */
  describeFeatures(topology: string, names: readonly string[]): void;
  flush(): Promise<void>;
  /** Rows buffered and not yet in a table: the engine pauses where a slow store lets it grow past its bound. */
  readonly bufferedRows: number;
  trainingSet(query: TrainingSetQuery): Promise<TrainingSet>;
  ping(): Promise<void>;
  close(): Promise<void>;
}
