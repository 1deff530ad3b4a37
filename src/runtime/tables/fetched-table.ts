// A table whose rows a server returns by key (control path, once a batch): the keys of a batch that are not in memory are
// fetched together before it enters the stages. A row that cannot be had in time is the one of before, or null.
import type { DictColumn } from '../../core/batch.ts';
import { messageOf } from '../../core/errors.ts';
import { FETCH_PAUSE_MS } from '../../core/table-limits.ts';
import type { EventRow } from '../../ports/format.ts';
import type { HttpOrigin, TableReader } from '../../ports/table.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { OpenedTable } from './opened-table.ts';
import { RowPutter } from './put-rows.ts';
import type { TableStore } from './table-store.ts';

/** A response that is no row of the table. */
export class StrangeRow extends Error {}

export interface FetchedTableParts {
  readonly topology: string;
  readonly origin: HttpOrigin;
  readonly store: TableStore;
  /** Null for a key without a row. Throws StrangeRow, or what went wrong. */
  readonly request: (key: string, signal: AbortSignal) => Promise<EventRow | null>;
  readonly telemetry: Telemetry;
  readonly nowMs: () => number;
}

/** Of one table row, whatever its time. */
const EVER = Number.NEGATIVE_INFINITY;

type Outcome = 'found' | 'missing' | 'strange' | 'failed';

export class FetchedTable implements OpenedTable {
  readonly name: string;
  readonly #parts: FetchedTableParts;
  readonly #putter: RowPutter;
  /** By slot: until when a row is used, and when it was last asked for; performance.now(). */
  #untilMs = new Float64Array(0);
  #usedMs = new Float64Array(0);
  /** After a failure: no request before then. */
  #pausedUntilMs = Number.NEGATIVE_INFINITY;
  readonly #closed = new AbortController();

  constructor(parts: FetchedTableParts) {
    this.#parts = parts;
    this.name = parts.store.table.name;
    this.#putter = new RowPutter(parts.store.table);
  }

  reader(): TableReader {
    return this.#parts.store.reader();
  }

  start(): void {
    this.#parts.store.report(this.#parts.nowMs());
  }

  async ready(): Promise<void> {}

  close(): void {
    this.#closed.abort();
    this.#parts.store.removeGauges();
    this.#parts.telemetry.clear('rows_not_fetched', this.name);
  }

  fetch({ codes, dictionary }: DictColumn, rows: Int32Array): Promise<void> | undefined {
    const nowMs = performance.now();
    const seen = new Uint8Array(dictionary.size);
    const missing: string[] = [];
    const { keys } = this.#parts.store.rows;
    for (let i = 0; i < rows.length; i++) {
      const code = codes[rows[i] as number] as number;
      if (code < 0 || seen[code] === 1) continue;
      seen[code] = 1;
      const key = dictionary.decode(code) as string;
      const slot = keys.find(key);
      if (slot >= 0) this.#usedMs[slot] = nowMs;
      if (slot < 0 || !((this.#untilMs[slot] ?? 0) > nowMs)) missing.push(key);
    }
    return missing.length === 0 ? undefined : this.#round(missing);
  }

  async #round(keys: readonly string[]): Promise<void> {
    const { origin, telemetry, topology, store, nowMs } = this.#parts;
    const labels = { topology, table: this.name };
    if (performance.now() < this.#pausedUntilMs || this.#closed.signal.aborted) {
      telemetry.count('table_requests_total', keys.length, { ...labels, outcome: 'skipped' });
      return;
    }
    const startedMs = performance.now();
    const signal = AbortSignal.any([AbortSignal.timeout(origin.timeoutMs), this.#closed.signal]);
    const counts = new Map<Outcome, number>();
    const queue = keys.values();
    let failure: unknown = null;
    // One key that fails does not stand for the server: as many as there are requests at a time do.
    const isAway = (): boolean => signal.aborted || (counts.get('failed') ?? 0) >= origin.parallel;
    const worker = async (): Promise<void> => {
      for (const key of queue) {
        if (isAway()) return;
        const outcome = await this.#one(key, signal).catch((error: unknown): Outcome => {
          failure ??= error;
          this.#keepUntil(this.#slotOf(key), FETCH_PAUSE_MS);
          return 'failed';
        });
        counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
      }
    };
    await Promise.all(Array.from({ length: Math.min(origin.parallel, keys.length) }, worker));
    telemetry.observe('table_wait_seconds', performance.now() - startedMs, labels);
    for (const [outcome, count] of counts)
      telemetry.count('table_requests_total', count, { ...labels, outcome });
    if (failure === null) telemetry.clear('rows_not_fetched', this.name);
    else if (!this.#closed.signal.aborted) {
      if (isAway()) this.#pausedUntilMs = performance.now() + FETCH_PAUSE_MS;
      const why = signal.aborted ? `not all rows came within ${origin.timeoutMs} ms` : messageOf(failure);
      telemetry.raise('rows_not_fetched', this.name, why);
    }
    store.check(store.rows);
    store.report(nowMs());
  }

  async #one(key: string, signal: AbortSignal): Promise<Outcome> {
    const { request, origin } = this.#parts;
    let row: EventRow | null;
    let isStrange = false;
    try {
      row = await request(key, signal);
    } catch (error) {
      if (!(error instanceof StrangeRow)) throw error;
      row = null;
      isStrange = true;
    }
    this.#keep(key, row, row === null ? origin.missingTtlMs : origin.ttlMs);
    if (isStrange) return 'strange';
    return row === null ? 'missing' : 'found';
  }

  #keep(key: string, row: EventRow | null, ttlMs: number): void {
    const slot = this.#slotOf(key);
    const { rows, table } = this.#parts.store;
    if (row === null) rows.remove(slot, EVER);
    else this.#putter.put(rows, [{ ...row, [table.key]: key }], EVER, () => undefined);
    this.#keepUntil(slot, ttlMs);
  }

  #keepUntil(slot: number, ms: number): void {
    const nowMs = performance.now();
    this.#untilMs[slot] = nowMs + ms;
    this.#usedMs[slot] = nowMs;
  }

  /** Of a key that is kept from now on. */
  #slotOf(key: string): number {
    const { store, origin } = this.#parts;
    if (store.rows.keys.size >= origin.keysMax) this.#shrink();
    const slot = store.rows.slotOf(key);
    if (slot >= this.#untilMs.length) {
      this.#untilMs = withRoom(this.#untilMs, slot);
      this.#usedMs = withRoom(this.#usedMs, slot);
    }
    return slot;
  }

  /** Keeps the half that was asked for last. */
  #shrink(): void {
    const { store } = this.#parts;
    const used = this.#usedMs.slice(0, store.rows.keys.size).sort();
    const sinceMs = used[used.length >> 1] as number;
    const [until, usedBefore] = [this.#untilMs, this.#usedMs];
    this.#untilMs = new Float64Array(until.length);
    this.#usedMs = new Float64Array(until.length);
    store.rows = store.rows.compacted(
      (slot) => (usedBefore[slot] as number) > sinceMs,
      (from, to) => {
        this.#untilMs[to] = until[from] as number;
        this.#usedMs[to] = usedBefore[from] as number;
      },
    );
  }
}

function withRoom(array: Float64Array<ArrayBuffer>, index: number): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(Math.max(1_024, array.length * 2, index + 1));
  larger.set(array);
  return larger;
}
