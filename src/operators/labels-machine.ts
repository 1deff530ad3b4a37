// What the labels stage does with each batch (hot path): predictions wait for the event that carries their label, and
// labels that came first wait for their prediction.
import type { Barrier, Batch, Watermark } from '../core/batch.ts';
import type { LabelBlock, PredictionBlock } from '../core/blocks.ts';
import { NULL_CODE } from '../core/dictionary.ts';
import { emptyBatch } from '../core/empty-batch.ts';
import { BEHIND_PLACE, offsetOfPlace } from '../core/place.ts';
import { EarlyLabels, type EarlyLabel } from './early-labels.ts';
import type { ErasedEntities, StateErasure } from './erasure.ts';
import { LabelsErasure } from './labels-erasure.ts';
import type { LabelsSettings } from './labels-options.ts';
import { KeyColumn } from './key-column.ts';
import { LabelBlockBuilder } from './label-block.ts';
import { LabelCorrections } from './label-corrections.ts';
import { LabelTotals } from './label-counts.ts';
import { LabelRows } from './label-rows.ts';
import { PendingPredictions } from './pending-predictions.ts';
import { bothOutputs, type PendingPrediction } from './pending-record.ts';
import { thrownMessage } from './expressions/row-function.ts';
import type { KeyedState, OperatorState, StageContext } from './stage.ts';
import type { StateChanges } from './state-changes.ts';

/** Positions in the stream besides those of events: a watermark without an event, and what follows one immediately. */
const BETWEEN_OFFSETS = 0.5;
const BEHIND_OFFSET = 0.25;

/** What follows a position immediately: behind an item of an event comes the next one. */
function behind(position: number): number {
  return position + (position % BETWEEN_OFFSETS === 0 ? BEHIND_OFFSET : BEHIND_PLACE);
}

export class LabelsMachine implements KeyedState {
  readonly #options: LabelsSettings;
  readonly #key: KeyColumn;
  readonly #context: StageContext;
  readonly #rows: LabelRows;
  readonly #pending: PendingPredictions;
  readonly #early: EarlyLabels;
  /** Null if labels cannot be corrected. */
  readonly #corrections: LabelCorrections | null;
  readonly #totals = new LabelTotals();
  #watermarkMs: number;
  /** Labels of the batch that found no prediction and do not wait, or waited until their time-out. */
  #unmatched = 0;
  #joinedEarly = 0;
  /** Labels that the task cannot use. */
  #unreadable = 0;
  #reportedSize = 0;
  /** Where in the stream the watermark reached its value: an offset, or a place between two. */
  #watermarkAt = 0;
  /** Offset of the last event that became a dead letter: it may have several rows. */
  #refused = -1;

  constructor(options: LabelsSettings, context: StageContext) {
    this.#options = options;
    this.#key = new KeyColumn(options.key);
    this.#context = context;
    this.#rows = new LabelRows(options, context);
    this.#pending = new PendingPredictions(
      options.timeoutMs,
      context.restoredWatermarkMs,
      context.hotKeysMax,
    );
    this.#early = new EarlyLabels(options.earlyMs, context.restoredWatermarkMs);
    this.#corrections = options.correctedWithinMs > 0 ? new LabelCorrections(options, context) : null;
    this.#watermarkMs = context.restoredWatermarkMs;
  }

  batch(batch: Batch): Batch {
    const out = this.#block();
    const { when, never, withdrawn } = this.#rows.of(batch);
    const { codes, dictionary } = this.#key.of(batch);
    const labelOf = this.#options.task.label.open(batch.columns);
    const { predictions, rows } = batch;
    // Rows that were dropped on the way have moved the watermark as well, however events are batched.
    const admitted = batch.admitted ?? rows;
    let live = 0;
    let next = 0;
    for (let i = 0; i < admitted.length; i++) {
      const row = admitted[i] as number;
      // Row by row: this decides whether a later prediction of the same key still replaces one.
      if (this.#pending.isDue(this.#watermarkMs)) this.#expireInto(out, this.#watermarkMs);
      this.#corrections?.expire(this.#watermarkMs);
      const timeMs = batch.eventTimeMs[row] as number;
      if (timeMs > this.#watermarkMs) {
        this.#watermarkMs = timeMs;
        this.#watermarkAt = batch.offsets[row] as number;
        if (this.#early.isDue(timeMs)) this.#unmatched += this.#early.expire(timeMs);
      }
      if (rows[live] !== row) continue;
      live += 1;
      // Predictions of this batch are registered in offset order, so a label can follow in the same batch.
      next = this.#register(predictions, next, batch.offsets[row] as number, out);
      const isWithdrawn = withdrawn?.[row] === 1;
      const isNever = isWithdrawn || never?.[row] === 1;
      if ((when[row] === 0 && !isNever) || codes[row] === NULL_CODE) continue;
      const value = isNever ? Number.NaN : this.#read(labelOf, batch, row);
      // Labels are Float32: NaN is no label, and neither is what becomes infinite there, such as a class that is not declared.
      if (!isNever && !Number.isFinite(Math.fround(value))) {
        if (!Number.isNaN(value)) this.#unreadable += 1;
        continue;
      }
      const key = dictionary.decode(codes[row] as number) as string;
      const label = { label: value, timeMs, offset: batch.offsets[row] as number };
      if (isWithdrawn) this.#withdraw(out, key, label);
      else this.#take(out, key, label);
    }
    this.#report();
    return this.#emit(batch, out.build(null));
  }

  /** The label of a row; NaN, and a dead letter, if the task's function throws. */
  #read(labelOf: (row: number) => number, batch: Batch, row: number): number {
    try {
      return labelOf(row);
    } catch (error) {
      const where = `stage ${this.#context.stage}, label`;
      const offset = offsetOfPlace(batch.offsets[row] as number);
      if (offset !== this.#refused)
        this.#context.reject(batch, row, 'STAGE_FAILED', thrownMessage(where, error));
      this.#refused = offset;
      return Number.NaN;
    }
  }

  #take(out: LabelBlockBuilder, key: string, label: EarlyLabel): void {
    const { offset } = label;
    const pending = this.#pending.take(key);
    if (pending !== undefined && this.#join(out, pending, label, offset)) return;
    if (this.#corrections?.correct(out, key, label, offset) === true) return;
    // One that is too late for its prediction may be early for another: a rebuild does not know the first any more.
    this.#hold(key, label);
  }

  /** A prediction that waits for its first label goes on waiting. */
  #withdraw(out: LabelBlockBuilder, key: string, label: EarlyLabel): void {
    if (this.#pending.get(key) !== undefined) return;
    if (this.#corrections?.correct(out, key, label, label.offset) === true) return;
    this.#early.take(key, this.#watermarkMs);
  }

  /**
   * Returns whether the label was in time.
   * @param position place in the stream of the later of the two
   */
  #join(
    out: LabelBlockBuilder,
    pending: PendingPrediction,
    { label, timeMs, offset }: EarlyLabel,
    position: number,
  ): boolean {
    // A label after the time-out counts as never, even if the watermark has not passed it: batching must not decide.
    const { timeoutMs, timedOutLabel } = this.#options;
    const deadlineMs = pending.timeMs + timeoutMs;
    const inTime = timeMs <= deadlineMs;
    if (inTime) out.add(pending, label, timeMs, offset, position);
    else if (this.#corrections === null && Number.isNaN(timedOutLabel))
      out.add(pending, Number.NaN, timeMs, offset, position);
    // As the time-out would have been, had the watermark passed it before: the label may follow as a correction.
    else out.add(pending, timedOutLabel, deadlineMs, pending.offset, position);
    this.#corrections?.settle(pending, inTime ? label : timedOutLabel);
    return inTime;
  }

  #hold(key: string, label: EarlyLabel): void {
    if (this.#corrections !== null) this.#early.take(key, this.#watermarkMs);
    if (this.#early.hold(key, label, this.#watermarkMs) !== 'waits') this.#unmatched += 1;
  }

  /** Counts what the batch has brought. */
  #report(): void {
    const { telemetry, topology, origin } = this.#context;
    if (this.#unmatched > 0) telemetry.count('labels_unmatched_total', this.#unmatched, { topology });
    if (this.#joinedEarly > 0) telemetry.count('labels_early_joined_total', this.#joinedEarly, { topology });
    if (this.#unreadable > 0) telemetry.count('labels_unreadable_total', this.#unreadable, { topology });
    this.#corrections?.report();
    this.#unmatched = 0;
    this.#joinedEarly = 0;
    this.#unreadable = 0;
    if (this.#early.size === this.#reportedSize) return;
    this.#reportedSize = this.#early.size;
    const partition = String(origin.partition);
    telemetry.gauge('labels_early_waiting_events', this.#reportedSize, { topology, partition });
  }

  #register(block: PredictionBlock | null, from: number, offset: number, out: LabelBlockBuilder): number {
    if (block === null) return from;
    let next = from;
    for (; next < block.count && (block.offsets[next] as number) <= offset; next++) {
      const pending: PendingPrediction = {
        key: block.keys[next] as string,
        offset: block.offsets[next] as number,
        timeMs: block.eventTimeMs[next] as number,
        score: block.scores[next] as number,
        shadowScore: block.shadowScores?.[next] ?? Number.NaN,
        flags: block.flags[next] as number,
        version: block.version,
        ...(block.classes === undefined ? {} : { outputs: bothOutputs(block.classes, next) }),
      };
      // Mostly none waits, and then a prediction costs no look-up.
      const early = this.#early.size > 0 ? this.#early.take(pending.key, this.#watermarkMs) : undefined;
      if (early === undefined) this.#pending.add(pending);
      else {
        this.#joinedEarly += 1;
        this.#join(out, pending, early, pending.offset);
      }
    }
    this.#totals.registered(next - from);
    return next;
  }

  #block(): LabelBlockBuilder {
    const { origin, outcomesFrom = 0 } = this.#context;
    return new LabelBlockBuilder(origin, this.#options.task.output, outcomesFrom);
  }

  #emit(batch: Batch, labels: LabelBlock | null): Batch {
    if (labels === null) return batch;
    this.#totals.add(labels);
    return { ...batch, labels };
  }

  /** Predictions whose time-out the watermark has passed, as a batch without rows; null if there are none. */
  expire({ timeMs, offsetNext }: Watermark): Batch | null {
    const out = this.#block();
    // First what the last event has made due: no event followed that would have expired it.
    if (this.#pending.isDue(this.#watermarkMs)) this.#expireInto(out, this.#watermarkMs);
    if (timeMs > this.#watermarkMs) this.#watermarkAt = offsetNext - BETWEEN_OFFSETS;
    this.#watermarkMs = timeMs;
    if (this.#pending.isDue(timeMs)) this.#expireInto(out, timeMs);
    this.#corrections?.expire(timeMs);
    if (this.#early.isDue(timeMs)) this.#unmatched += this.#early.expire(timeMs);
    this.#report();
    const { origin, schema } = this.#context;
    const expired = out.build(timeMs);
    return expired === null ? null : this.#emit(emptyBatch(schema, origin, offsetNext), expired);
  }

  #expireInto(out: LabelBlockBuilder, watermarkMs: number): void {
    const { timeoutMs, timedOutLabel } = this.#options;
    const position = behind(this.#watermarkAt);
    for (const pending of this.#pending.takeExpired(watermarkMs)) {
      out.add(pending, timedOutLabel, pending.timeMs + timeoutMs, pending.offset, position);
      this.#corrections?.settle(pending, timedOutLabel);
    }
  }

  snapshot(_barrier: Barrier, changes: StateChanges): void {
    this.#pending.snapshot(changes);
    this.#early.snapshot(changes);
    this.#corrections?.snapshot(changes);
  }

  get counts(): OperatorState {
    return this.#totals;
  }

  evict(): void {
    this.#pending.evict();
    this.#corrections?.evict();
  }

  wantedKeys(batch: Batch, into: Set<string>): void {
    const { codes, dictionary } = this.#key.of(batch);
    const { when, never, withdrawn } = this.#rows.of(batch);
    let untilMs = this.#watermarkMs;
    for (const timeMs of batch.eventTimeMs) untilMs = Math.max(untilMs, timeMs);
    for (const row of batch.rows) {
      if (codes[row] === NULL_CODE) continue;
      if (when[row] === 0 && never?.[row] !== 1 && withdrawn?.[row] !== 1) continue;
      const key = dictionary.decode(codes[row] as number) as string;
      this.#pending.wantKey(key, into);
      this.#corrections?.wantKey(key, into);
    }
    this.#pending.wantTimers(untilMs, into);
    this.#corrections?.wantTimers(untilMs, into);
    this.#early.wantAll(into);
  }

  keysDue(watermarkMs: number, into: Set<string>): void {
    const untilMs = Math.max(this.#watermarkMs, watermarkMs);
    this.#pending.wantTimers(untilMs, into);
    this.#corrections?.wantTimers(untilMs, into);
    this.#early.wantAll(into);
  }

  hydrate(key: string, blob: Uint8Array | null): void {
    this.#pending.hydrate(key, blob);
    this.#early.hydrate(key, blob);
    this.#corrections?.hydrate(key, blob);
  }

  erasure(entities: ErasedEntities): StateErasure {
    return new LabelsErasure(this.#options, entities);
  }
}
