// Port: where predictions and labels go (types only).
import type { FeatureBlock, LabelBlock, PredictionBlock } from '../core/blocks.ts';
import type { ColumnProfileRow } from '../core/reports.ts';
import type { Declares } from '../core/declares.ts';
import type { TopicPartition } from '../core/topic-partition.ts';
import type { Telemetry } from './telemetry.ts';

/**
 * When a sink receives the rows of an epoch, relative to the transaction that commits the epoch in the log.
 *
 * - `after-commit`: once the transaction is committed. State moves past a row only after `flush` has resolved with the row
 *   in the sink, so every row arrives **at least once**. After a failure, rows since the last checkpoint are redelivered
 *   with the same score, version and flags. A sink that stores a prediction by (topic, partition, offset) and a label by
 *   (topic, partition, predictionOffset, labelOffset), and ignores rows that it already has, contains **each row exactly
 *   once**. The offline store is such a sink.
 * - `immediate`: as soon as a row is computed, up to a barrier interval earlier. After a failure a row may be redelivered,
 *   with another score if the model has changed, or may never be committed. Predictions that an earlier run has committed
 *   are not redelivered, so the sink loses what it had buffered at a crash. For live views, such as the WebSocket feed.
 *
 * The predictions topic is written in the transaction itself. Only the log can do that.
 */
export type SinkDelivery = 'after-commit' | 'immediate';

/**
 * An open sink. The engine shares it between the partitions of its process. `predictions` and `labels` are called on the
 * hot path, once per micro-batch, and in the order of each partition: they buffer, and must not wait, throw or change the
 * block. The engine does not change a block either, so the sink may keep it.
 */
export interface Sink {
  /** An exception is a bug in the sink and ends the process. */
  predictions(block: PredictionBlock): void;
  labels(block: LabelBlock): void;
  /** Vectors of a topology without a score stage; an `after-commit` sink alone gets them. */
  features?(block: FeatureBlock): void;
  /** Profiles of columns over a period that has ended; an `after-commit` sink alone gets them. */
  profiles?(rows: readonly ColumnProfileRow[]): void;
  /**
   * Resolves when the sink has stored all rows that it received before the call, redelivered ones included. Called before
   * the state of an `after-commit` sink's rows is stored, about once per second and partition: calls may overlap. A
   * rejection is a fault of the environment: the engine retries with growing pauses for as long as it runs; a MillraceError
   * with a code of configuration (CONFIG_INVALID) ends the process instead.
   */
  flush(): Promise<void>;
  /** Rows that `flush` would wait for. The engine pauses its partitions while the sum over all sinks is too high. */
  readonly bufferedRows: number;
  /**
   * A task of this process is about to continue after its last commit: predictions of source offsets up to `through` are
   * committed, none if it is null. Called for every partition when the engine starts, and whenever one of its tasks starts.
   */
  begins?(origin: TopicPartition, through: number | null): void;
  /** Rejects if the sink cannot take rows at present; for `/readyz`. By default a sink whose last flush failed is not ready. */
  ping?(): Promise<void>;
  /** Called once, after the last flush; the engine has stopped. */
  close(): Promise<void>;
}

/** What the engine passes to a sink when it opens it. */
export interface SinkContext {
  /** Name of the topology. */
  readonly topology: string;
  readonly source: TopicPartitions;
  /** Names of the features, in the order of a prediction's vector. */
  readonly features: readonly string[];
  readonly telemetry: Telemetry;
  /** A folder for the sink's own use, inside the data folder. The sink creates it if it needs it. */
  readonly folder: string;
}

export interface TopicPartitions {
  readonly topic: string;
  readonly partitions: number;
}

/** A sink as a topology lists it: `defineTopology({ ..., sinks: [mySink()] })`. Opened once per engine. */
export interface SinkDefinition extends Declares {
  /** Lower-case letters, digits and dashes: a metric label, a folder, and its name in `/readyz`. */
  readonly name: string;
  readonly delivery: SinkDelivery;
  open(context: SinkContext): Sink | Promise<Sink>;
}
