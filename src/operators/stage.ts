// The contract of a stage (control path). A topology is a list of stages; opened for one partition, each is an RxJS
// operator over batches, watermarks and barriers, with the state that it declares.
import { concatMap, from, map, of, type OperatorFunction } from 'rxjs';
import type { Barrier, Batch, StreamElement, Watermark } from '../core/batch.ts';
import type { Columns, NoColumns } from '../core/columns.ts';
import type { Declares } from '../core/declares.ts';
import type { ErrorCode } from '../core/errors.ts';
import type { ColumnProfileRow } from '../core/reports.ts';
import type { Schema } from '../core/schema.ts';
import type { TopicPartition } from '../core/topic-partition.ts';
import type { Scorer } from '../ports/scorer.ts';
import type { OpenTables, TableUse } from '../ports/table.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import type { ColumnProfile } from '../stats/column-profile.ts';
import type { Task } from '../tasks/task.ts';
import type { ErasedEntities, StateErasure } from './erasure.ts';
import type { EventPlaces, FeatureAnswers } from './hop.ts';
import type { RowKeys } from './key-bytes.ts';
import { StateChanges } from './state-changes.ts';

/** The model that a partition scores with; it changes only at barriers. */
export interface ModelSlot {
  /** Null before there is a model. */
  readonly champion: Scorer | null;
  /** Scores beside the champion and decides nothing: the frozen first model, or a candidate on trial. */
  readonly shadow: Scorer | null;
  /** Takes the pending update, if there is one and this is its barrier. */
  swapAtBarrier(barrier: Pick<Barrier, 'controlMs'>): void;
}

/** Predictions of an earlier run, by the offset of their event. */
export interface CommittedScores {
  /** Whether the event's prediction is known, if it had one. */
  covers(offset: number): boolean;
  /** Index of the prediction of that event, or -1. */
  find(offset: number): number;
  score(index: number): number;
  /** Of a task with several classes: all probabilities; empty for what was written before it had them. */
  outputs?(index: number): Float32Array;
  flags(index: number): number;
  version(index: number): string;
}

/** What a stage knows of the partition that it is opened for, and where rows go that leave it by the side. */
export interface StageContext {
  readonly topology: string;
  /** The stage's id. */
  readonly stage: string;
  readonly origin: TopicPartition;
  /** The column that says whose an event is; null or absent if the source names none. */
  readonly entity?: string | null;
  /** The columns before the stage: those of the source, and what the stages before it add. */
  readonly schema: Schema;
  readonly telemetry: Telemetry;
  /** Milliseconds since the epoch; for log lines and latencies, never for what is computed from events. */
  readonly nowMs: () => number;
  /** How far behind the watermark an event may be and still count, event time, ms. */
  readonly allowedLatenessMs: number;
  /** Event time between control boundaries, ms; null if the topology has none. */
  readonly controlIntervalMs: number | null;
  /** Whether partitions wait for each other at control boundaries. */
  readonly isAligned: boolean;
  /** Keys that a keyed state may keep in memory between batches; the others are in the store alone. */
  readonly hotKeysMax: number;
  /** Watermark of the restored checkpoint; -Infinity if there is none: the store is then empty. */
  readonly restoredWatermarkMs: number;
  /** While lost state is rebuilt, predictions before this offset have the outcome that an earlier run gave them. Left out: 0. */
  readonly outcomesFrom?: number;
  /** Sends a row to the dead-letter topic, with its bytes. The stage drops it from `rows` itself. */
  reject(batch: Batch, row: number, code: ErrorCode, message: string): void;
  /** Counts rows that the stage drops: as filtered, or as duplicates of others. */
  dropped(rows: number, as?: 'filtered' | 'duplicate'): void;
}

/** What the stages of the engine itself use besides; it may change with any version. */
export interface EngineStageContext extends StageContext {
  /** What the topology predicts. */
  readonly task: Task;
  readonly model: ModelSlot;
  /** Bytes of a prediction's key that its topic accepts. */
  readonly predictionKeyBytesMax: number;
  /** Predictions of an earlier run: below the committed offset they replace the model's. */
  readonly committed: CommittedScores;
  /** Creates the barrier that closes the epoch at a control boundary. */
  controlBarrier(controlMs: number, offsetNext: number, watermarkMs: number): Barrier;
  /** Sends a row to the late topic. */
  late(batch: Batch, row: number, watermarkMs: number): void;
  /**
   * Sends the live rows to a topic under other keys.
   * @param watermarksMs at each of them
   */
  repartitioned(batch: Batch, keys: RowKeys, watermarksMs: Float64Array, topic: string): void;
  /** Where the events of a batch are in the source; absent where they are in it. */
  readonly placesOf?: (batch: Batch) => EventPlaces;
  /** Features of other keys; absent where the topology has none. */
  readonly answers?: FeatureAnswers;
  /** Sends the features of the scored rows back to the topology; absent where nothing asks for them. */
  answered?(batch: Batch): void;
  /** Columns whose values must not be shown; absent if there are none. */
  readonly sensitive?: ReadonlySet<string>;
  /** The tables of the topology; absent where no events are processed. */
  readonly tables?: OpenTables;
  /** Takes profiles of columns; absent where nothing does. */
  readonly profiles?: ProfileSink;
}

/** A period's profiles, by column. They change while the period is open. */
export interface PeriodProfiles {
  readonly fromMs: number;
  readonly toMs: number;
  readonly columns: ReadonlyMap<string, ColumnProfile>;
}

export interface ProfileSink {
  /** A period of the partition has its first event, or is restored. */
  opened(profiles: PeriodProfiles): void;
  /** No event of the period counts any more. */
  closed(rows: readonly ColumnProfileRow[]): void;
}

/**
 * The state that a stage keeps by key, of which memory holds the hot part and the state store the whole. Keys are the
 * stage's own strings; the engine stores them as `<stage>:<key>`.
 *
 * Around a batch the engine calls, in this order: `evict`; `wantedKeys` and `hydrate`, in up to three rounds, until no
 * new key is wanted; then the batch passes the stage. At a barrier it calls `snapshot`. After a restart a stage is opened
 * with no key in memory, and reads on from the events after the last snapshot that was committed.
 */
export interface KeyedState {
  /**
   * Adds the keys that the batch needs and memory lacks. Wanting too many costs a read each; wanting too few makes the
   * result depend on what memory happens to hold, which a restart changes.
   */
  wantedKeys(batch: Batch, into: Set<string>): void;
  /** Adds the keys that the stage needs when the watermark advances to `watermarkMs` without a batch. */
  keysDue?(watermarkMs: number, into: Set<string>): void;
  /** Takes what the store has for a wanted key; null if it has nothing. What memory holds is newer than the store. */
  hydrate(key: string, blob: Uint8Array | null): void;
  /**
   * Adds what changed since the last snapshot because of events before `barrier.offsetNext`. After `watermarks` that is
   * everything: a barrier never lies inside a batch there. A stage before `watermarks` may have processed later events of
   * the same batch already, and must leave their changes to the next snapshot.
   */
  snapshot(barrier: Barrier, changes: StateChanges): void;
  /**
   * Drops keys from memory beyond `hotKeysMax`, but none that changed since the last snapshot: the store does not have
   * them yet. Only here may a key be dropped: what a batch was hydrated with must stay until the batch is through.
   */
  evict?(): void;
  /**
   * Finds what the state has of entities that are erased. A stage with this method gets the rows of `batch.erased`, and
   * keeps nothing of their entities. Left out, the stage and all after it do not get such rows; what the state has stays,
   * and the report of the erasure says so. Called on a stage that has processed nothing.
   */
  erasure?(entities: ErasedEntities): StateErasure;
}

/** State of a stage without a key, such as counters: small, as each barrier writes it whole. */
export interface OperatorState {
  /** Takes what the last committed `snapshot` returned; not called if there is none. */
  restore(blob: Uint8Array): void;
  /** The state as of the events before `barrier.offsetNext`. Called after the snapshot of the keyed state. */
  snapshot(barrier: Barrier): Uint8Array;
}

/**
 * A stage opened for one partition. Its life: `open`, `restore` of the operator state, then batches, watermarks and
 * barriers in the order of the log, and `close`. The engine calls one method at a time, and has one batch in the pipeline
 * at a time; nothing is shared between partitions.
 */
export interface StageInstance {
  /**
   * Batches, watermarks and barriers in, the same out, in order: each batch once, with all or some of its rows, and
   * watermarks and barriers unchanged. `syncOperator` and `asyncOperator` make one of a function of batches. An error ends
   * the process: nothing after the last committed epoch is lost, as a restart reads it again.
   */
  readonly operator: OperatorFunction<StreamElement, StreamElement>;
  readonly keyedState?: KeyedState;
  readonly operatorState?: OperatorState;
  /**
   * The batch with the columns that this stage will give it, as far as they follow from the columns that are there:
   * computed before the batch enters the pipeline, so that later stages find out which keys of their state they need.
   * Columns that need the stage's own state are left out. It has no side effect; it may drop rows that the stage will drop
   * and no others.
   */
  preview?(batch: Batch): Batch;
  /**
   * Called about once a second while the partition has caught up with the end of its source and nothing comes, with the
   * time since the last event by the clock, ms: for conditions alone, and never for what is computed from events.
   */
  silent?(elapsedMs: number): void;
  /** The partition leaves this process, or its task has failed: releases timers and connections. Sends nothing. */
  close?(): void | Promise<void>;
}

/**
 * A stage as declared in a topology. `id` is unique there: it prefixes the stage's state keys and labels its metrics, so
 * renaming it leaves its state behind.
 * @typeParam Reads the columns that it reads: 'amount: number' | 'card: string'
 * @typeParam Adds the columns that later stages find in addition
 * @typeParam Once of what it reads, that which must be one value an event; everything if it has no `readsOnce`
 */
export interface Stage<
  Reads extends string = string,
  Adds extends Columns = NoColumns,
  Once extends string = string,
> extends Declares {
  readonly id: string;
  readonly kind: string;
  /** One line for `millrace describe`. */
  readonly summary: string;
  /**
   * What decides what it does to events, as data by names, with defaults: `millrace describe --json` prints it, and `millrace check
   * --against` compares it name by name. Left out: its summary.
   */
  readonly declaration?: Readonly<Record<string, unknown>>;
  /** The columns that it reads, for validation: `numberColumn('amount')`, `stringColumn('card')`. */
  readonly reads: readonly Reads[];
  /**
   * Of what it reads, that which must be one value an event. The values of lists may stand for the rest, one by one, as in
   * aggregates. Left out: all of it.
   */
  readonly readsOnce?: readonly Once[];
  /** The columns that it adds, with their types. */
  readonly adds?: Adds;
  /** The columns that it gives new values of the same kind. */
  readonly replaces?: readonly string[];
  /**
   * Columns that its state is found by: they decide which keys a batch needs. By default all that it reads, if its
   * `memoryMs` is not 0. Each must be known before state is read: a column of the source, or one that is previewed.
   */
  readonly keys?: readonly string[];
  /**
   * Of the columns that it adds or replaces, those that its `preview` gives if these columns are known. Left out: none, as
   * in a stage that computes columns from its state.
   */
  readonly previewed?: (known: ReadonlySet<string>) => readonly string[];
  /**
   * Kinds of stages that it must come before, and after. A stage that drops rows comes before `features`; one whose state
   * cannot be split at an offset comes after `watermarks`.
   */
  readonly before?: readonly string[];
  readonly after?: readonly string[];
  /** The tables that it reads, and by which columns. */
  readonly tables?: readonly TableUse[];
  /** How far back in event time its state reaches, ms: what is replayed if the store was lost; 0 for no state. */
  readonly memoryMs: number;
  /**
   * Of that, what comes before an event and decides its outcome, ms: outcomes of events that are so close to the first one that is
   * replayed may be wrong. Left out: 0.
   */
  readonly beforeMs?: number;
  open(context: EngineStageContext): StageInstance;
}

export interface ElementHandlers {
  batch(batch: Batch): Batch;
  watermark?(watermark: Watermark): void;
}

/** The operator of a stage that never waits: one element in, one element out. */
export function syncOperator(handlers: ElementHandlers): OperatorFunction<StreamElement, StreamElement> {
  return map((element) => {
    if (element.kind === 'batch') return handlers.batch(element);
    if (element.kind === 'watermark') handlers.watermark?.(element);
    return element;
  });
}

/** The operator of a stage that waits for something once a batch; what follows waits behind it. */
export function asyncOperator(handlers: {
  batch(batch: Batch): Promise<Batch>;
}): OperatorFunction<StreamElement, StreamElement> {
  return concatMap((element) => (element.kind === 'batch' ? from(handlers.batch(element)) : of(element)));
}

/** Adds to a barrier what a stage's state has changed; once for each stage and barrier. */
export function snapshotStage(
  id: string,
  { keyedState, operatorState }: Pick<StageInstance, 'keyedState' | 'operatorState'>,
  barrier: Barrier,
): void {
  keyedState?.snapshot(barrier, new StateChanges(id, barrier.delta));
  if (operatorState !== undefined) barrier.delta.stages.set(id, operatorState.snapshot(barrier));
}
