// What a stage is (control path). A topology is a list of stages; opened for one partition, each is an RxJS operator
// over batches, watermarks and barriers.
import { map, type OperatorFunction } from 'rxjs';
import type { Barrier, Batch, StreamElement, Watermark } from '../core/batch.ts';
import type { ErrorCode } from '../core/errors.ts';
import type { Schema } from '../core/schema.ts';
import type { TopicPartition } from '../core/topic-partition.ts';
import type { Scorer } from '../ports/scorer.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import type { RowKeys } from './key-bytes.ts';

/** The model that a partition scores with; it changes at barriers alone. */
export interface ModelSlot {
  /** Null before there is a model. */
  readonly champion: Scorer | null;
  /** Scores beside the champion, and nothing is decided by it: the frozen first model, or a candidate on trial. */
  readonly shadow: Scorer | null;
  /** Takes the pending update, where there is one and this is its barrier. */
  swapAtBarrier(barrier: Pick<Barrier, 'controlMs'>): void;
}

/** Predictions of an earlier run, by the offset of their event. */
export interface CommittedScores {
  /** True where the event's prediction, if it had one, is known. */
  covers(offset: number): boolean;
  /** Index of the prediction of that event, or -1. */
  find(offset: number): number;
  score(index: number): number;
  flags(index: number): number;
  version(index: number): string;
}

/** What one partition gives its stages. */
export interface StageContext {
  readonly topology: string;
  readonly origin: TopicPartition;
  readonly schema: Schema;
  readonly telemetry: Telemetry;
  /** Milliseconds since the epoch; only for freshness and latency, never for what is computed. */
  readonly nowMs: () => number;
  readonly allowedLatenessMs: number;
  /** Event time between control boundaries, ms; null for none. */
  readonly controlIntervalMs: number | null;
  /** Whether partitions wait for each other at control boundaries. */
  readonly isAligned: boolean;
  /** Keys that a view, or the pending predictions, keep in memory; the others are in the store alone. */
  readonly hotKeysMax: number;
  /** Watermark of the restored checkpoint; -Infinity on a fresh start. */
  readonly restoredWatermarkMs: number;
  readonly model: ModelSlot;
  /** What an earlier run predicted and committed: below G it is taken over, so that all that is made of it stays alike. */
  readonly committed: CommittedScores;
  /** Starts the barrier that closes the epoch at a control boundary. */
  controlBarrier(controlMs: number, offsetNext: number, watermarkMs: number): Barrier;
  /** Sends a row to the dead-letter topic, with its bytes. */
  reject(batch: Batch, row: number, code: ErrorCode, message: string): void;
  /** Counts rows that a stage drops by a rule of its own. */
  dropped(rule: 'duplicate', stage: string, rows: number): void;
  /** Sends a row to the late output. */
  late(batch: Batch, row: number, watermarkMs: number): void;
  /** Sends the live rows on under another key. */
  repartitioned(batch: Batch, keys: RowKeys): void;
}

/** A stage opened for one partition. */
export interface StageInstance {
  readonly operator: OperatorFunction<StreamElement, StreamElement>;
  /**
   * A later stage has placed a barrier inside a batch that this one has passed on already: adds to its delta what
   * events before `barrier.offsetNext` changed, and nothing else.
   */
  barrierBehind?(barrier: Barrier): void;
  /** The batch with the values that this stage will give it, so that later stages want the keys that they will meet. */
  preview?(batch: Batch): Batch;
  /** Forgets keys past the bound; once before each batch, as what a batch is hydrated with must stay until it is through. */
  evict?(): void;
  /** Adds the state keys that this batch needs and memory lacks. */
  keysWanted?(batch: Batch, into: Set<string>): void;
  /** Adds the state keys that it needs when the watermark comes to `watermarkMs` without a batch. */
  keysDue?(watermarkMs: number, into: Set<string>): void;
  /** Takes in what the store holds for a key; null for nothing. Memory wins over the store. */
  hydrate?(key: string, blob: Uint8Array | null): void;
  /** Takes in the stage's state without a key, from the checkpoint. */
  restore?(blob: Uint8Array): void;
}

/** A stage as declared: `id` is unique in its topology and names its state keys and its metrics. */
export interface Stage {
  readonly id: string;
  readonly kind: string;
  /** One line for `millrace describe`. */
  readonly summary: string;
  /** Columns that it reads, for validation. */
  readonly columns: readonly string[];
  /** Those of them that must be strings. */
  readonly strings?: readonly string[];
  /** How far back in event time its state reaches, ms: what is replayed where the store was lost; 0 for no state. */
  readonly memoryMs: number;
  open(context: StageContext): StageInstance;
}

export interface ElementHandlers {
  batch(batch: Batch): Batch;
  watermark?(watermark: Watermark): void;
  barrier?(barrier: Barrier): void;
}

/** The operator of a stage that needs no waiting: one element in, one element out. */
export function syncOperator(handlers: ElementHandlers): OperatorFunction<StreamElement, StreamElement> {
  return map((element) => {
    switch (element.kind) {
      case 'batch':
        return handlers.batch(element);
      case 'watermark':
        handlers.watermark?.(element);
        return element;
      case 'barrier':
        handlers.barrier?.(element);
        return element;
    }
  });
}
