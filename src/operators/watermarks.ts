// The watermarks stage (hot path): event time advances with the events, late ones go to the late output, and a
// barrier is placed exactly where the watermark passes a control boundary, wherever that is in the batch.
import { checkedOptions, duration, orNull, type OptionChecks } from '../core/option-checks.ts';
import { Observable, type OperatorFunction } from 'rxjs';
import type { Batch, StreamElement, Watermark } from '../core/batch.ts';
import { defined } from '../core/definition.ts';
import { EVENT_AHEAD_MS_MAX } from '../core/event-limits.ts';
import { formatDuration, MS_PER_MINUTE } from '../core/time.ts';
import { WatermarkTracker } from '../window/watermark.ts';
import { stageArguments } from './stage-arguments.ts';
import type { EngineStageContext, Stage, StageInstance } from './stage.ts';

export interface WatermarksOptions {
  /** How far behind the watermark an event may come and still count, ms; one minute by default. */
  readonly allowedLatenessMs?: number;
  /**
   * Wall-clock time without an event after which a source that has caught up counts as idle, and its watermark
   * advances with the clock, ms; null (never) by default, which is right for replays.
   */
  readonly idleAfterMs?: number | null;
  /**
   * How far ahead of its record's own timestamp an event time may be, ms; one hour by default, Infinity for topics whose
   * events lie in the future. An event beyond is a dead letter, EVENT_TIME_AHEAD, before any stage sees it: one producer
   * with a wrong clock would otherwise make everything after it late. Records without a timestamp are not checked.
   */
  readonly allowedAheadMs?: number;
}

const OPTIONS: OptionChecks<WatermarksOptions> = {
  allowedLatenessMs: duration({ zero: true }),
  idleAfterMs: orNull(duration()),
  allowedAheadMs: duration({ zero: true, unlimited: true }),
};

/** Producers of one partition are seconds apart: with 0 each event behind another one would be late. */
const ALLOWED_LATENESS_MS_DEFAULT = MS_PER_MINUTE;

export interface WatermarksStage extends Stage<never> {
  readonly kind: 'watermarks';
  readonly allowedLatenessMs: number;
  readonly idleAfterMs: number | null;
  readonly allowedAheadMs: number;
}

function admitted(batch: Batch, rows: Int32Array): Batch {
  return { ...batch, rows, admitted: rows };
}

class WatermarksMachine {
  readonly #context: EngineStageContext;
  readonly #tracker: WatermarkTracker;
  #nextControlMs: number;

  constructor(context: EngineStageContext) {
    this.#context = context;
    this.#tracker = new WatermarkTracker(context.allowedLatenessMs, context.restoredWatermarkMs);
    this.#nextControlMs = this.#boundaryAfter(context.restoredWatermarkMs);
  }

  /** The first control boundary after `timeMs`; before the first event it is unknown. */
  #boundaryAfter(timeMs: number): number {
    const every = this.#context.controlIntervalMs;
    if (every === null) return Number.POSITIVE_INFINITY;
    return Number.isFinite(timeMs) ? (Math.floor(timeMs / every) + 1) * every : Number.NaN;
  }

  /** Aligned, the first event of a partition waits as well: it may be far ahead of the others. */
  #firstBoundary(timeMs: number): number {
    const { isAligned, controlIntervalMs } = this.#context;
    const after = this.#boundaryAfter(timeMs);
    return isAligned && controlIntervalMs !== null ? after - controlIntervalMs : after;
  }

  /** Emits the batch in parts, with a watermark and a barrier at each control boundary between them. */
  batch(batch: Batch, emit: (element: StreamElement) => void): void {
    const { rows } = batch;
    const kept = new Int32Array(rows.length);
    let count = 0;
    let from = 0;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i] as number;
      const timeMs = batch.eventTimeMs[row] as number;
      if (Number.isNaN(this.#nextControlMs)) this.#nextControlMs = this.#firstBoundary(timeMs);
      if (timeMs >= this.#nextControlMs) {
        if (count > from) emit(admitted(batch, kept.slice(from, count)));
        from = count;
        this.#closeControl(timeMs, batch.offsets[row] as number, emit);
      }
      if (this.#tracker.admit(timeMs)) kept[count++] = row;
      else this.#context.late(batch, row, this.#tracker.timeMs);
    }
    if (count > from)
      emit(admitted(batch, from === 0 && count === rows.length ? rows : kept.slice(from, count)));
    emit({ kind: 'watermark', timeMs: this.#tracker.timeMs, offsetNext: batch.offsetNext, endsInput: true });
  }

  /** The boundary is the last one at or before `timeMs`: empty intervals between close together. */
  #closeControl(timeMs: number, offset: number, emit: (element: StreamElement) => void): void {
    const every = this.#context.controlIntervalMs as number;
    const boundary = Math.floor(timeMs / every) * every;
    this.#tracker.advance(boundary);
    emit({ kind: 'watermark', timeMs: boundary, offsetNext: offset, endsInput: false });
    emit(this.#context.controlBarrier(boundary, offset, boundary));
    this.#nextControlMs = boundary + every;
  }

  /**
   * The watermark of an idle source advances with the clock, and closes boundaries as an event does. Before the first
   * event it is the one that was committed: the boundaries up to it are closed.
   */
  idle(watermark: Watermark, emit: (element: StreamElement) => void): void {
    if (Number.isNaN(this.#nextControlMs)) this.#nextControlMs = this.#boundaryAfter(watermark.timeMs);
    if (watermark.timeMs >= this.#nextControlMs)
      this.#closeControl(watermark.timeMs, watermark.offsetNext, emit);
    this.#tracker.advance(watermark.timeMs);
    emit({ ...watermark, timeMs: this.#tracker.timeMs });
  }
}

function operatorOf(machine: WatermarksMachine): OperatorFunction<StreamElement, StreamElement> {
  return (source) =>
    new Observable((subscriber) => {
      const emit = (element: StreamElement): void => subscriber.next(element);
      return source.subscribe({
        next(element) {
          if (element.kind === 'batch') return machine.batch(element, emit);
          if (element.kind === 'watermark') return machine.idle(element, emit);
          emit(element);
        },
        error: (error: unknown) => subscriber.error(error),
        complete: () => subscriber.complete(),
      });
    });
}

/**
 * Event time: the watermark is the highest event time seen so far. An event is late if its event time plus the allowed
 * lateness is before the watermark; it goes to the late output and is counted.
 */
export function watermarks(options?: WatermarksOptions): WatermarksStage;
export function watermarks(id: string, options?: WatermarksOptions): WatermarksStage;
export function watermarks(
  first: string | WatermarksOptions = {},
  second: WatermarksOptions = {},
): WatermarksStage {
  const [id, given] = stageArguments('watermarks', first, second);
  const { options, problems } = checkedOptions(given, OPTIONS);
  const allowedLatenessMs = options.allowedLatenessMs ?? ALLOWED_LATENESS_MS_DEFAULT;
  const idleAfterMs = options.idleAfterMs ?? null;
  const allowedAheadMs = options.allowedAheadMs ?? EVENT_AHEAD_MS_MAX;
  const idle =
    idleAfterMs === null
      ? 'advances with events alone'
      : `advances with the clock after ${formatDuration(idleAfterMs)} without an event`;
  const stage: WatermarksStage = {
    id,
    kind: 'watermarks',
    summary: `allowed lateness ${formatDuration(allowedLatenessMs)}, ${idle}`,
    declaration: { allowedLatenessMs, idleAfterMs, allowedAheadMs },
    reads: [],
    memoryMs: 0,
    allowedLatenessMs,
    idleAfterMs,
    allowedAheadMs,
    open: (context): StageInstance => ({ operator: operatorOf(new WatermarksMachine(context)) }),
  };
  return defined(stage, {
    given,
    options: OPTIONS,
    problems,
  });
}
