// The conditions that are raised (control path), and when each may be logged again: a condition that comes and goes is
// logged as rarely as one that lasts.
import { type ConditionName, conditions, type RaisedCondition } from '../../core/conditions.ts';
import { CONDITION_LOG_MS, CONDITIONS_MAX } from '../../core/process-limits.ts';
import { redacted } from '../../core/secrets.ts';
import type { RaiseOptions } from '../../ports/telemetry.ts';

interface Entry extends RaisedCondition {
  /** When it was last logged, ms. */
  loggedMs: number;
  /** How often it was raised since it was last logged. */
  times: number;
  reason: string;
  sinceMs: number;
  blocksReadiness: boolean;
  isRaised: boolean;
}

export interface ConditionsParts {
  readonly nowMs: () => number;
  readonly warn: (what: string, detail: Readonly<Record<string, unknown>>) => void;
  readonly info: (what: string, detail: Readonly<Record<string, unknown>>) => void;
  /** Called when a condition begins and when it ends. */
  readonly changed: (condition: ConditionName, where: string, isRaised: boolean) => void;
}

export class Conditions {
  readonly #parts: ConditionsParts;
  readonly #entries = new Map<string, Entry>();

  constructor(parts: ConditionsParts) {
    this.#parts = parts;
  }

  raise(condition: ConditionName, place: string, reason: string, options: RaiseOptions = {}): void {
    const { nowMs, changed } = this.#parts;
    const atMs = nowMs();
    const entry = this.#entry(condition, redacted(place), atMs);
    if (!entry.isRaised) {
      entry.isRaised = true;
      entry.sinceMs = atMs;
      changed(condition, entry.where, true);
    }
    entry.reason = redacted(reason);
    entry.blocksReadiness = options.blocksReadiness ?? false;
    entry.times++;
    if (atMs - entry.loggedMs >= CONDITION_LOG_MS) this.#log(entry, atMs);
  }

  #log(entry: Entry, atMs: number): void {
    const { condition, where, reason, times } = entry;
    entry.loggedMs = atMs;
    entry.times = 0;
    this.#parts.warn(conditions[condition], { condition, where, why: reason, times });
  }

  clear(condition: ConditionName, place: string): void {
    const where = redacted(place);
    const entry = this.#entries.get(keyOf(condition, where));
    if (entry?.isRaised !== true) return;
    const { nowMs, info, changed } = this.#parts;
    entry.isRaised = false;
    changed(condition, where, false);
    info('a condition has ended', { condition, where, lastedMs: nowMs() - entry.sinceMs });
  }

  /** Those that block readiness first. */
  raised(): RaisedCondition[] {
    return [...this.#entries.values()]
      .filter(({ isRaised }) => isRaised)
      .sort((a, b) => Number(b.blocksReadiness) - Number(a.blocksReadiness) || a.sinceMs - b.sinceMs)
      .map(({ condition, where, reason, sinceMs, blocksReadiness }) => ({
        condition,
        where,
        reason,
        sinceMs,
        blocksReadiness,
      }));
  }

  /** That of the place; one for all other places when there are too many. */
  #entry(condition: ConditionName, place: string, atMs: number): Entry {
    const found = this.#entries.get(keyOf(condition, place));
    if (found !== undefined) return found;
    this.#forget(atMs);
    const where = this.#entries.size < CONDITIONS_MAX ? place : 'others';
    const key = keyOf(condition, where);
    const entry = this.#entries.get(key) ?? {
      condition,
      where,
      reason: '',
      sinceMs: atMs,
      blocksReadiness: false,
      isRaised: false,
      loggedMs: Number.NEGATIVE_INFINITY,
      times: 0,
    };
    this.#entries.set(key, entry);
    return entry;
  }

  /** Drops what has ended and may be logged again. */
  #forget(atMs: number): void {
    for (const [key, { isRaised, loggedMs }] of this.#entries) {
      if (!isRaised && atMs - loggedMs >= CONDITION_LOG_MS) this.#entries.delete(key);
    }
  }
}

function keyOf(condition: ConditionName, where: string): string {
  return `${condition} ${where}`;
}
