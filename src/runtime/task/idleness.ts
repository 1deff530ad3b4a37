// When a partition without events counts as idle, and how event time advances then (control path).
import { IDLE_AFTER_MS } from '../../core/task-limits.ts';
import type { TaskParts } from './task-parts.ts';

/** Milliseconds of the clock between two steps of an idle source's watermark. */
const TICK_MS = 1_000;

export class Idleness {
  readonly #declaredMs: number | null;
  readonly #clock: () => number;
  #lastInputMs: number;
  #lastWatermarkMs = Number.NEGATIVE_INFINITY;
  /** Idle time at which the watermark advances next. */
  #nextTickMs = 0;
  /** Idle time at which stages hear of it next. */
  #nextSilenceMs = TICK_MS;

  /**
   * @param declaredMs time without an event after which event time advances with the clock; null if it never does
   * @param clock monotonic, ms
   */
  constructor(declaredMs: number | null, clock: () => number) {
    this.#declaredMs = declaredMs;
    this.#clock = clock;
    this.#lastInputMs = clock();
  }

  /**
   * How old the log's answer may be that there is no event, ms: one that came since then would have come within the declared
   * time, so that event time has not passed it.
   */
  get lookMs(): number {
    return Math.min(TICK_MS, this.#declaredMs ?? IDLE_AFTER_MS);
  }

  /** Events have arrived. */
  interrupt(): void {
    this.#lastInputMs = this.#clock();
    this.#nextTickMs = 0;
    this.#nextSilenceMs = TICK_MS;
  }

  /** The watermark after the newest events, or after a restore. */
  since(watermarkMs: number): void {
    this.#lastWatermarkMs = watermarkMs;
  }

  /** Whether there has been no event for long enough; at once if the source has ended. */
  isDue(sourceEnded: boolean): boolean {
    return this.#idleMs() >= (sourceEnded ? 0 : (this.#declaredMs ?? IDLE_AFTER_MS));
  }

  /** Time since the last event, ms; null if the stages have heard of it in the last second. */
  silence(): number | null {
    const idleMs = this.#idleMs();
    if (idleMs < this.#nextSilenceMs) return null;
    this.#nextSilenceMs = idleMs + TICK_MS;
    return idleMs;
  }

  /** Event time as advanced by the clock since the source became idle, whole ms; null if it does not advance. */
  tick(): number | null {
    const idleMs = this.#idleMs();
    if (this.#declaredMs === null || idleMs < this.#nextTickMs || !Number.isFinite(this.#lastWatermarkMs))
      return null;
    this.#nextTickMs = idleMs + TICK_MS;
    return Math.floor(this.#lastWatermarkMs + idleMs - this.#declaredMs);
  }

  #idleMs(): number {
    return this.#clock() - this.#lastInputMs;
  }
}

/**
 * Whether the log has no event from `offsetNext` on.
 * @param lag behind its end as of the last fetch; null before the first: then all that there was may be deleted
 * @param lookMs how old the log's answer may be, ms
 */
export async function hasReadAll(
  { log, assignment, progress }: Pick<TaskParts, 'log' | 'assignment' | 'progress'>,
  offsetNext: number,
  lag: number | null,
  lookMs: number,
): Promise<boolean> {
  if (lag !== null) return lag === 0 && progress.isAtEnd(offsetNext, lookMs);
  const range = (await log.offsets(assignment.topic))[assignment.partition];
  return range !== undefined && range.high <= Math.max(range.low, offsetNext);
}
