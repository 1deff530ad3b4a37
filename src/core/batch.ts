// What flows through a topology (hot path): columnar micro-batches, watermarks and barriers.
import type { ByteColumn } from './byte-column.ts';
import { NULL_CODE, type Dictionary } from './dictionary.ts';
import type { ErrorCode } from './errors.ts';
import type { LabelBlock, PredictionBlock, ViewEntities } from './blocks.ts';
import type { StateDelta } from './state-delta.ts';
import type { TopicPartition } from './topic-partition.ts';

/** Records as the log returned them, before decoding. All arrays have `count` entries. */
export interface RawBatch {
  readonly origin: TopicPartition;
  readonly count: number;
  readonly offsets: Float64Array;
  /** The log's record timestamps, ms. */
  readonly timestampMs: Float64Array;
  readonly keys: ByteColumn;
  readonly values: ByteColumn;
  /** Values of the header that the reader asked for; absent if it asked for none, or the log keeps none. */
  readonly header?: ByteColumn;
  /** The offset after the last record here, gaps of aborted and control records included. */
  readonly offsetNext: number;
  /** The log's end at the time of the fetch: the source has caught up when offsetNext reaches it. */
  readonly highWatermark: number;
  /** Monotonic clock (performance.now()) when the engine received them, ms. */
  readonly receivedAtMs: number;
  /** Rows that the log holds and cannot return, ascending. They have neither key nor value. Absent if there are none. */
  readonly unreadable?: readonly UnreadableRows[];
  /**
   * Offsets [from, to), ascending, whose records were written outside of any transaction. Absent if there are none, or the log does not know.
   */
  readonly untransacted?: ReadonlyArray<readonly [from: number, to: number]>;
}

/** Rows [from, to) of a RawBatch. */
export interface UnreadableRows {
  readonly from: number;
  readonly to: number;
  readonly code: Extract<ErrorCode, 'BATCH_UNREADABLE' | 'BATCH_TOO_LARGE'>;
  readonly message: string;
}

export interface DictColumn {
  readonly kind: 'string';
  readonly codes: Int32Array;
  readonly dictionary: Dictionary;
}

export interface NumberColumn {
  readonly kind: 'number';
  /** NaN for null. */
  readonly values: Float64Array;
}

export type ScalarColumn = DictColumn | NumberColumn;

/**
 * A list in each row: the values at [starts[row], ends[row]) of `items`. Rows may share them, and lists that come from one list
 * of the events share `starts` and `ends`.
 */
export interface ListColumn {
  readonly kind: 'list';
  /** -1 for null. */
  readonly starts: Int32Array;
  /** -1 for null. */
  readonly ends: Int32Array;
  readonly items: ScalarColumn;
}

export type Column = ScalarColumn | ListColumn;

/** Whether a column is null in a row. */
export function isNullAt(column: Column, row: number): boolean {
  if (column.kind === 'number') return Number.isNaN(column.values[row]);
  return column.kind === 'string' ? column.codes[row] === NULL_CODE : (column.starts[row] as number) < 0;
}

type Scalar = number | string | null;

/** The value of a column in a row, null included: for messages and tests, not for the hot path. */
export function valueAt(column: Column, row: number): Scalar | Scalar[] {
  if (column.kind !== 'list') return scalarAt(column, row);
  const start = column.starts[row] as number;
  if (start < 0) return null;
  return Array.from({ length: (column.ends[row] as number) - start }, (_, i) =>
    scalarAt(column.items, start + i),
  );
}

function scalarAt(column: ScalarColumn, row: number): Scalar {
  if (column.kind === 'string') return column.dictionary.decode(column.codes[row] as number) ?? null;
  const value = column.values[row] as number;
  return Number.isNaN(value) ? null : value;
}

/**
 * A columnar micro-batch of one partition in offset order. Columns have `size` entries; `rows` lists the indices of
 * the rows still alive, ascending: a stage that drops rows emits a shorter `rows` and copies no column.
 */
export interface Batch {
  readonly kind: 'batch';
  readonly origin: TopicPartition;
  readonly size: number;
  readonly rows: Int32Array;
  readonly offsets: Float64Array;
  readonly eventTimeMs: Float64Array;
  readonly columns: Readonly<Record<string, Column>>;
  /**
   * The rows that `watermarks` let through: their event times advance the watermark, whether or not a later stage drops
   * them. Undefined before that stage.
   */
  readonly admitted?: Int32Array;
  /**
   * By row, 1 for events of entities that were erased: they count for event time and for what they share with others, and
   * leave nothing of their entity. Undefined if there are none.
   */
  readonly erased?: Uint8Array;
  readonly offsetNext: number;
  readonly receivedAtMs: number;
  readonly raw: RawBatch;
  /** Index in `raw` of each row; records that did not decode have no row. */
  readonly rawIndex: Int32Array;
  /** Rows that a contract flagged (bit 0) or defaulted (bit 1); null if there are none. */
  readonly flags: Uint8Array | null;
  readonly features: FeatureMatrix | null;
  readonly predictions: PredictionBlock | null;
  readonly labels: LabelBlock | null;
}

/** Row-major Float32 matrix of the rows to score: `rows[i]` is the batch row of matrix row i. */
export interface FeatureMatrix {
  readonly width: number;
  readonly rowCount: number;
  readonly rows: Int32Array;
  readonly values: Float32Array;
  /** Whose features they are, by view; empty without views. */
  readonly entities: readonly ViewEntities[];
}

/** No more events with an event time below `timeMs` are expected; those that still arrive are late. */
export interface Watermark {
  readonly kind: 'watermark';
  readonly timeMs: number;
  /** The offset after the last event that this watermark takes into account. */
  readonly offsetNext: number;
  /** True for the one watermark that ends each input element: the task waits for it. */
  readonly endsInput: boolean;
}

/**
 * Closes an epoch. Each stage adds what changed since the last barrier to `delta` as the barrier passes; the score
 * stage emits it and then waits for `released` before it processes a later row, so a model swap happens exactly here.
 */
export interface Barrier {
  readonly kind: 'barrier';
  readonly epoch: number;
  /** The state offset: a restart reads from here. */
  readonly offsetNext: number;
  readonly watermarkMs: number;
  /** Event time of the control boundary that this barrier closes, ms; null for a timer barrier. */
  readonly controlMs: number | null;
  readonly delta: StateDelta;
  readonly released: Promise<void>;
}

export type StreamElement = Batch | Watermark | Barrier;
