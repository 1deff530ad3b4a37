// Removes what waits for a label, and the labels that wait, of erased entities' events (control path). Both are found by the
// keys that the events name, and recognised by the events' offsets: another entity's event may have the same key.
import type { Batch } from '../core/batch.ts';
import { NULL_CODE } from '../core/dictionary.ts';
import { decodeEarly, earlyBucketMs, EARLY_PREFIX, encodeEarly } from './early-labels.ts';
import type { ErasedEntities, StateErasure } from './erasure.ts';
import { decodeEntries, encodeEntry } from './id-entries.ts';
import { KeyColumn } from './key-column.ts';
import { SETTLED, timersBucketMs, WAITING, type PendingPrefixes } from './pending-predictions.ts';
import { decodePending } from './pending-record.ts';
import type { StateChanges } from './state-changes.ts';

interface LabelWaits {
  /** The column that labels are joined by. */
  readonly key: string;
  readonly timeoutMs: number;
  /** 0: no label waits. */
  readonly earlyMs: number;
  /** 0: no label is corrected. */
  readonly correctedWithinMs: number;
}

/** Predictions that wait for something until so long after their event. */
interface Waiting {
  readonly prefixes: PendingPrefixes;
  readonly withinMs: number;
}

export class LabelsErasure implements StateErasure {
  readonly #waits: LabelWaits;
  readonly #columns: readonly KeyColumn[];
  readonly #offsets = new Set<number>();
  readonly #keys = new Set<string>();
  readonly #waiting: readonly Waiting[];
  /** `DEADLINE KEY` of the time-outs. */
  readonly #timers = new Set<string>();

  constructor(waits: LabelWaits, { predictionKey }: ErasedEntities) {
    this.#waits = waits;
    const { timeoutMs, correctedWithinMs } = waits;
    this.#waiting = [
      { prefixes: WAITING, withinMs: timeoutMs },
      ...(correctedWithinMs === 0 ? [] : [{ prefixes: SETTLED, withinMs: correctedWithinMs }]),
    ];
    const names = new Set([waits.key, ...(predictionKey === null ? [] : [predictionKey])]);
    this.#columns = [...names].map((name) => new KeyColumn(name));
  }

  collect(batch: Batch): void {
    const { earlyMs } = this.#waits;
    const columns = this.#columns.map((column) => column.of(batch));
    for (const row of batch.rows) {
      this.#offsets.add(batch.offsets[row] as number);
      const timeMs = batch.eventTimeMs[row] as number;
      for (const { prefixes, withinMs } of this.#waiting)
        this.#keys.add(prefixes.timers + Math.floor((timeMs + withinMs) / timersBucketMs(withinMs)));
      if (earlyMs > 0) this.#keys.add(EARLY_PREFIX + Math.floor((timeMs + earlyMs) / earlyBucketMs(earlyMs)));
      for (const { codes, dictionary } of columns) {
        const code = codes[row] as number;
        if (code === NULL_CODE) continue;
        const key = dictionary.decode(code) as string;
        for (const { prefixes, withinMs } of this.#waiting) {
          this.#keys.add(prefixes.prediction + key);
          this.#timers.add(`${timeMs + withinMs} ${key}`);
        }
      }
    }
  }

  keys(): Iterable<string> {
    return this.#keys;
  }

  strip(key: string, blob: Uint8Array, changes: StateChanges): void {
    for (const { prefixes, withinMs } of this.#waiting) {
      if (key.startsWith(prefixes.timers)) this.#stripTimers(key, blob, changes, prefixes, withinMs);
      if (key.startsWith(prefixes.prediction) && this.#offsets.has(decodePending(key, blob).offset))
        changes.delete(key);
    }
    if (key.startsWith(EARLY_PREFIX)) this.#stripEarly(key, blob, changes);
  }

  #stripTimers(
    key: string,
    blob: Uint8Array,
    changes: StateChanges,
    { timers }: PendingPrefixes,
    withinMs: number,
  ): void {
    const kept: Buffer[] = [];
    let erased = 0;
    decodeEntries(blob, (waiting, deadlineMs) => {
      if (this.#timers.has(`${deadlineMs} ${waiting}`)) erased += 1;
      else kept.push(encodeEntry(waiting, deadlineMs));
    });
    const bucket = Number(key.slice(timers.length));
    const untilMs = (bucket + 1) * timersBucketMs(withinMs);
    if (erased > 0) rewrite(key, kept, untilMs, withinMs, changes);
  }

  /** Also the entries of labels that were taken: they name the key. */
  #stripEarly(key: string, blob: Uint8Array, changes: StateChanges): void {
    const { earlyMs } = this.#waits;
    const { labels, entries } = decodeEarly(blob);
    const kept = [...labels].filter(([, { offset }]) => !this.#offsets.has(offset));
    const bucket = Number(key.slice(EARLY_PREFIX.length));
    const bytes = kept.map(([waiting, label]) => encodeEarly(waiting, label));
    if (kept.length < entries) rewrite(key, bytes, (bucket + 1) * earlyBucketMs(earlyMs), earlyMs, changes);
  }
}

function rewrite(
  key: string,
  entries: readonly Buffer[],
  untilMs: number,
  ttlMs: number,
  changes: StateChanges,
): void {
  if (entries.length === 0) changes.delete(key);
  else changes.put(key, Buffer.concat(entries), untilMs, ttlMs);
}
