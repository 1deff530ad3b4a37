// The labels stage (hot path): joins the event that carries the label to its prediction, by key. A
// prediction whose label cannot come (cancelled) or did not come in time is counted as `never`.
// Pending predictions are keyed state. Timers are append-only buckets of event time, read back when they are due.
import { Observable, type OperatorFunction } from 'rxjs';
import type { Barrier, Batch, DictColumn, StreamElement, Watermark } from '../core/batch.ts';
import type { LabelBlock, PredictionBlock } from '../core/blocks.ts';
import { stringColumn, type StringRead } from '../core/columns.ts';
import { defined } from '../core/definition.ts';
import { NULL_CODE } from '../core/dictionary.ts';
import { emptyBatch } from '../core/empty-batch.ts';
import { formatDuration, MS_PER_DAY } from '../core/time.ts';
import { predicateReads, type EveryEvent, type Predicate, type PredicateReads } from '../window/predicate.ts';
import { LABELS_OPTIONS, type LabelsOptions, type LabelsSettings } from './labels-options.ts';
import { LabelBlockBuilder } from './label-block.ts';
import { pendingMemoryMs, PendingPredictions } from './pending-predictions.ts';
import { describePredicate, MaskSet } from './predicate.ts';
import { notDuration, stageArguments } from './stage-arguments.ts';
import type { KeyedState, OperatorState, Stage, StageContext, StageInstance } from './stage.ts';
import type { StateChanges } from './state-changes.ts';

export interface LabelsStage<Reads extends string = string> extends Stage<Reads> {
  readonly kind: 'labels';
  readonly options: LabelsSettings;
}

const TIMEOUT_MS_DEFAULT = 7 * MS_PER_DAY;

/** Counters of the stage, kept in every checkpoint. */
export interface LabelCounts {
  readonly joined: number;
  readonly never: number;
  /** Predictions with neither: those that wait, and those that a later one of the same key replaced. */
  readonly pending: number;
}

/** Positions in the stream besides those of events: a watermark without an event, and what follows one immediately. */
const BETWEEN_OFFSETS = 0.5;
const BEHIND_OFFSET = 0.25;

class LabelsMachine implements KeyedState {
  readonly #options: LabelsSettings;
  readonly #context: StageContext;
  readonly #masks: MaskSet;
  readonly #pending: PendingPredictions;
  #registered = 0;
  #joined = 0;
  #never = 0;
  #watermarkMs: number;
  /** Where in the stream the watermark reached its value: an offset, or a place between two. */
  #watermarkAt = 0;

  constructor(options: LabelsSettings, context: StageContext) {
    this.#options = options;
    this.#context = context;
    this.#masks = new MaskSet([options.when, options.never ?? {}]);
    this.#pending = new PendingPredictions(
      options.timeoutMs,
      context.restoredWatermarkMs,
      context.hotKeysMax,
    );
    this.#watermarkMs = context.restoredWatermarkMs;
  }

  batch(batch: Batch): Batch {
    const out = new LabelBlockBuilder(batch.origin);
    this.#masks.fill(batch);
    const [when, never] = this.#masks.masks as [Uint8Array, Uint8Array];
    const hasNever = this.#options.never !== undefined;
    const { codes, dictionary } = batch.columns[this.#options.key] as DictColumn;
    const labelOf = this.#options.task.label.open(batch.columns);
    const { predictions, rows } = batch;
    // Rows that were dropped on the way have moved the watermark as well, however events are batched.
    const admitted = batch.admitted ?? rows;
    let live = 0;
    let next = 0;
    let unmatched = 0;
    for (let i = 0; i < admitted.length; i++) {
      const row = admitted[i] as number;
      // Row by row: this decides whether a later prediction of the same key still replaces one.
      if (this.#pending.isDue(this.#watermarkMs)) this.#expireInto(out, this.#watermarkMs);
      const timeMs = batch.eventTimeMs[row] as number;
      if (timeMs > this.#watermarkMs) {
        this.#watermarkMs = timeMs;
        this.#watermarkAt = batch.offsets[row] as number;
      }
      if (rows[live] !== row) continue;
      live += 1;
      // Predictions of this batch are registered in offset order, so a label can follow in the same batch.
      next = this.#register(predictions, next, batch.offsets[row] as number);
      const isNever = hasNever && never[row] === 1;
      if ((when[row] === 0 && !isNever) || codes[row] === NULL_CODE) continue;
      const value = isNever ? Number.NaN : labelOf(row);
      // Labels are Float32: NaN is no label, and neither is what becomes infinite there.
      if (!isNever && !Number.isFinite(Math.fround(value))) continue;
      const pending = this.#pending.take(dictionary.decode(codes[row] as number) as string);
      if (pending === undefined) {
        unmatched += 1;
        continue;
      }
      // A label after the time-out counts as never, even if the watermark has not passed it: batching must not decide.
      const inTime = timeMs <= pending.timeMs + this.#options.timeoutMs;
      const label = inTime ? value : Number.NaN;
      const offset = batch.offsets[row] as number;
      out.add(pending, label, timeMs, offset, offset);
    }
    if (unmatched > 0) {
      this.#context.telemetry.count('labels_unmatched_total', unmatched, {
        topology: this.#context.topology,
      });
    }
    return this.#emit(batch, out.build(null));
  }

  #register(block: PredictionBlock | null, from: number, offset: number): number {
    if (block === null) return from;
    let next = from;
    for (; next < block.count && (block.offsets[next] as number) <= offset; next++) {
      this.#pending.add({
        key: block.keys[next] as string,
        offset: block.offsets[next] as number,
        timeMs: block.eventTimeMs[next] as number,
        score: block.scores[next] as number,
        shadowScore: block.shadowScores?.[next] ?? Number.NaN,
        flags: block.flags[next] as number,
        version: block.version,
      });
    }
    this.#registered += next - from;
    return next;
  }

  #emit(batch: Batch, labels: LabelBlock | null): Batch {
    if (labels === null) return batch;
    let never = 0;
    for (const label of labels.labels) if (Number.isNaN(label)) never += 1;
    this.#never += never;
    this.#joined += labels.count - never;
    return { ...batch, labels };
  }

  /** Predictions whose time-out the watermark has passed, as a batch without rows; null if there are none. */
  expire({ timeMs, offsetNext }: Watermark): Batch | null {
    const out = new LabelBlockBuilder(this.#context.origin);
    // First what the last event has made due: no event followed that would have expired it.
    if (this.#pending.isDue(this.#watermarkMs)) this.#expireInto(out, this.#watermarkMs);
    if (timeMs > this.#watermarkMs) this.#watermarkAt = offsetNext - BETWEEN_OFFSETS;
    this.#watermarkMs = timeMs;
    if (this.#pending.isDue(timeMs)) this.#expireInto(out, timeMs);
    const { origin, schema } = this.#context;
    const expired = out.build(timeMs);
    return expired === null ? null : this.#emit(emptyBatch(schema, origin, offsetNext), expired);
  }

  #expireInto(out: LabelBlockBuilder, watermarkMs: number): void {
    const { timeoutMs } = this.#options;
    const position = this.#watermarkAt + BEHIND_OFFSET;
    for (const pending of this.#pending.takeExpired(watermarkMs)) {
      out.add(pending, Number.NaN, pending.timeMs + timeoutMs, pending.offset, position);
    }
  }

  snapshot(_barrier: Barrier, changes: StateChanges): void {
    this.#pending.snapshot(changes);
  }

  readonly counts: OperatorState = {
    restore: (blob) => {
      const counts = JSON.parse(Buffer.from(blob).toString()) as LabelCounts;
      this.#joined = counts.joined;
      this.#never = counts.never;
      this.#registered = counts.joined + counts.never + counts.pending;
    },
    snapshot: () => {
      const pending = this.#registered - this.#joined - this.#never;
      const counts: LabelCounts = { joined: this.#joined, never: this.#never, pending };
      return Buffer.from(JSON.stringify(counts));
    },
  };

  evict(): void {
    this.#pending.evict();
  }

  wantedKeys(batch: Batch, into: Set<string>): void {
    const { codes, dictionary } = batch.columns[this.#options.key] as DictColumn;
    this.#masks.fill(batch);
    const [when, never] = this.#masks.masks as [Uint8Array, Uint8Array];
    let untilMs = this.#watermarkMs;
    for (const timeMs of batch.eventTimeMs) untilMs = Math.max(untilMs, timeMs);
    for (const row of batch.rows) {
      if (codes[row] === NULL_CODE) continue;
      if (when[row] === 1 || (this.#options.never !== undefined && never[row] === 1)) {
        this.#pending.wantKey(dictionary.decode(codes[row] as number) as string, into);
      }
    }
    this.#pending.wantTimers(untilMs, into);
  }

  keysDue(watermarkMs: number, into: Set<string>): void {
    this.#pending.wantTimers(Math.max(this.#watermarkMs, watermarkMs), into);
  }

  hydrate(key: string, blob: Uint8Array | null): void {
    this.#pending.hydrate(key, blob);
  }
}

function operatorOf(machine: LabelsMachine): OperatorFunction<StreamElement, StreamElement> {
  return (source) =>
    new Observable((subscriber) =>
      source.subscribe({
        next(element) {
          if (element.kind === 'batch') return subscriber.next(machine.batch(element));
          const expired = element.kind === 'watermark' ? machine.expire(element) : null;
          if (expired !== null) subscriber.next(expired);
          subscriber.next(element);
        },
        error: (error: unknown) => subscriber.error(error),
        complete: () => subscriber.complete(),
      }),
    );
}

/** Joins labels to predictions. @see LabelsOptions */
export function labels<
  const Key extends string,
  Label extends string,
  When extends Predicate = EveryEvent,
  Never extends Predicate = EveryEvent,
>(
  options: LabelsOptions<Key, Label, When, Never>,
): LabelsStage<StringRead<Key> | Label | PredicateReads<When> | PredicateReads<Never>>;
export function labels<
  const Key extends string,
  Label extends string,
  When extends Predicate = EveryEvent,
  Never extends Predicate = EveryEvent,
>(
  id: string,
  options: LabelsOptions<Key, Label, When, Never>,
): LabelsStage<StringRead<Key> | Label | PredicateReads<When> | PredicateReads<Never>>;
export function labels(first: string | LabelsOptions, second?: LabelsOptions): LabelsStage {
  const [id, given] = stageArguments('labels', first, second as LabelsOptions); // the overloads require it
  const options = { ...given, when: given.when ?? {}, timeoutMs: given.timeoutMs ?? TIMEOUT_MS_DEFAULT };
  const never = options.never === undefined ? '' : `, never where ${describePredicate(options.never)}`;
  const stage: LabelsStage = {
    id,
    kind: 'labels',
    summary: `${options.task.name} by ${options.key} where ${describePredicate(options.when)}${never}, given up after ${formatDuration(options.timeoutMs)}`,
    reads: [
      stringColumn(options.key),
      ...options.task.label.reads,
      ...predicateReads(options.when),
      ...predicateReads(options.never ?? {}),
    ],
    keys: [options.key, ...Object.keys(options.when), ...Object.keys(options.never ?? {})],
    memoryMs: pendingMemoryMs(options.timeoutMs),
    options,
    open(context: StageContext): StageInstance {
      const machine = new LabelsMachine(options, context);
      return { operator: operatorOf(machine), keyedState: machine, operatorState: machine.counts };
    },
  };
  return defined(stage, {
    given,
    options: LABELS_OPTIONS,
    problems: options.timeoutMs > 0 ? [] : [['timeoutMs', notDuration(options.timeoutMs)]],
  });
}
