// Removes the ids of erased entities' events from what the dedupe stage has seen (control path).
import type { Batch } from '../core/batch.ts';
import { eventId, keptForMs } from './dedupe-ids.ts';
import type { StateErasure } from './erasure.ts';
import { decodeEntries, encodeEntry } from './id-entries.ts';
import { KeyColumn } from './key-column.ts';
import type { StateChanges } from './state-changes.ts';

export class DedupeErasure implements StateErasure {
  readonly #by: readonly KeyColumn[];
  readonly #withinMs: number;
  /** Ids and their event times, by the key of their generation. */
  readonly #ids = new Map<string, Map<string, Set<number>>>();

  constructor({ by, withinMs }: { readonly by: readonly string[]; readonly withinMs: number }) {
    this.#by = by.map((column) => new KeyColumn(column));
    this.#withinMs = withinMs;
  }

  collect(batch: Batch): void {
    const columns = this.#by.map((column) => column.of(batch));
    for (const row of batch.rows) {
      const id = eventId(columns, row);
      if (id === null) continue;
      const timeMs = batch.eventTimeMs[row] as number;
      const key = String(Math.floor(timeMs / this.#withinMs));
      const ids = this.#ids.get(key) ?? new Map<string, Set<number>>();
      this.#ids.set(key, ids);
      ids.set(id, (ids.get(id) ?? new Set()).add(timeMs));
    }
  }

  keys(): Iterable<string> {
    return this.#ids.keys();
  }

  strip(key: string, blob: Uint8Array, changes: StateChanges): void {
    const kept: Buffer[] = [];
    let erased = 0;
    decodeEntries(blob, (id, timeMs) => {
      if (this.#ids.get(key)?.get(id)?.has(timeMs) === true) erased += 1;
      else kept.push(encodeEntry(id, timeMs));
    });
    if (erased === 0) return;
    const { untilMs, ttlMs } = keptForMs(Number(key), this.#withinMs);
    if (kept.length === 0) changes.delete(key);
    else changes.put(key, Buffer.concat(kept), untilMs, ttlMs);
  }
}
