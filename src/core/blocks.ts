// Columnar outputs of a batch (hot path): sinks receive one call per batch.
import { LIST_ITEMS_MAX } from './event-limits.ts';
import { placeOfItem, placeText } from './place.ts';
import type { TopicPartition } from './topic-partition.ts';

/** Bits of a prediction's flags. */
export const FLAG_FALLBACK = 1; // the declared fallback value, not a model's score
export const FLAG_CONTRACT_FLAGGED = 2; // a contract rule flagged the event
export const FLAG_CONTRACT_DEFAULTED = 4; // a contract rule replaced a value of the event
export const FLAG_BACKFILLED = 8; // a backfill computed it, and no reader of live predictions got it
export const FLAG_ALERT = 16; // the score is an alert, of a task that has them

/** The entities of one feature view, one for each row of a matrix or block. */
export interface ViewEntities {
  readonly view: string;
  /** As the view's key has them: several columns are joined by `|`. Null where a column is null: the windows are empty. */
  readonly keys: ReadonlyArray<string | null>;
}

/** Several outputs of the rows of a block, row-major: probabilities of classes, or values with their quantiles. */
export interface ClassScores {
  /** In the order of the outputs: classes, or `value` and `q0.1`. */
  readonly names: readonly string[];
  /** Outputs of a row. */
  readonly width: number;
  /** count * width. */
  readonly outputs: Float32Array;
  /** Of the shadow model, NaN for a row that it did not score; null if there is none. */
  readonly shadowOutputs: Float32Array | null;
  /** Number of the top class of each row: its probability is the score. Null without classes: the value is. */
  readonly tops: Uint16Array | null;
}

/** Predictions of one batch; arrays have `count` entries, `features` has count * width. */
export interface PredictionBlock {
  readonly origin: TopicPartition;
  readonly count: number;
  /**
   * Offset of the scored event: with topic and partition it is the prediction's id. Of a row that `flatten` made of an item,
   * offset + (index of the item + 1) / 32768.
   */
  readonly offsets: Float64Array;
  readonly eventTimeMs: Float64Array;
  /** The entity that each prediction is about: the event's key column. */
  readonly keys: readonly string[];
  readonly scores: Float32Array;
  /** Scores of the shadow model; null if there is none. */
  readonly shadowScores: Float32Array | null;
  /** Of a task with several outputs: all of them, and the top classes; absent for one output. */
  readonly classes?: ClassScores;
  readonly flags: Uint8Array;
  /** Version of the model that scored; `none` before the first model. */
  readonly version: string;
  readonly features: Float32Array;
  readonly width: number;
  /** Whose features they are, by view; absent without views. */
  readonly entities?: readonly ViewEntities[];
  /** Monotonic clock when the engine received the events, ms. */
  readonly receivedAtMs: number;
}

/** Feature vectors of a topology that scores nothing. The key is the entity of its first view; empty without one. */
export type FeatureBlock = Pick<
  PredictionBlock,
  'origin' | 'count' | 'offsets' | 'eventTimeMs' | 'keys' | 'features' | 'width' | 'entities'
>;

export const NO_MODEL = 'none';

/** What the loss of labels of a task with several outputs takes: `width` numbers a label. */
export interface ClassLabels {
  /** Classes that labels are numbers of; none for values. */
  readonly names: readonly string[];
  readonly width: number;
  readonly evidence: Float32Array;
  /** Of the shadow model; NaN where it did not score. */
  readonly shadowEvidence: Float32Array;
}

/** Which of the labels of a block correct an earlier one of the same prediction; arrays have `count` entries. */
export interface LabelRevisions {
  /** 0 for the first label of a prediction, or for the first word that it gets none; then 1, 2 and so on. */
  readonly numbers: Uint32Array;
  /** What the prediction had before; NaN for no label. */
  readonly previous: Float32Array;
  /** Evidence of that label, of a task with several outputs. */
  readonly previousClasses?: ClassLabels;
}

/** Labels joined to earlier predictions of the same partition, in event order; arrays have `count` entries. */
export interface LabelBlock {
  readonly origin: TopicPartition;
  readonly count: number;
  /** The watermark at which all of these timed out; null if events of the batch carried them. */
  readonly watermarkMs: number | null;
  /** Offset of the prediction that the label belongs to, as PredictionBlock has it. */
  readonly predictionOffsets: Float64Array;
  readonly predictionTimeMs: Float64Array;
  readonly labelTimeMs: Float64Array;
  /** Offset of the event that carried the label, with its item as in PredictionBlock. */
  readonly labelOffsets: Float64Array;
  /**
   * The position of each in the source's stream, independent of batching: that of the event that carried it or, for a
   * time-out, behind the event that moved the watermark past it.
   */
  readonly positions: Float64Array;
  /** As the task reads it; NaN if the label will never arrive (cancelled or timed out), or was withdrawn. */
  readonly labels: Float32Array;
  /** Absent if none of them corrects an earlier one. */
  readonly revisions?: LabelRevisions;
  readonly scores: Float32Array;
  /** NaN if no shadow model scored. */
  readonly shadowScores: Float32Array;
  /** Of a task with several classes; absent for one output. */
  readonly classes?: ClassLabels;
  readonly flags: Uint8Array;
  readonly versions: readonly string[];
  readonly keys: readonly string[];
}

/**
 * `topic-partition-offset`: the id of a prediction, stable across recomputations; `topic-partition-offset.item` for a row of
 * an item.
 * @param offset as PredictionBlock has it
 */
export function predictionId(origin: TopicPartition, offset: number): string {
  return `${predictionIdPrefix(origin)}${placeText(offset)}`;
}

/** The part of an id before the offset. */
export function predictionIdPrefix({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}-`;
}

const ID = /^(.+)-(\d{1,9})-(\d{1,15})(?:\.(\d{1,5}))?$/;

/** The parts of a prediction's id, the offset as PredictionBlock has it; null if the text is not one. */
export function parsePredictionId(id: string): (TopicPartition & { readonly offset: number }) | null {
  const match = ID.exec(id);
  if (match === null) return null;
  const [, topic = '', partition, offset, item] = match;
  if (item === undefined) return { topic, partition: Number(partition), offset: Number(offset) };
  if (Number(item) >= LIST_ITEMS_MAX) return null;
  return { topic, partition: Number(partition), offset: placeOfItem(Number(offset), Number(item)) };
}
