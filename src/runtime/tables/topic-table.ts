// A table that follows a topic (control path): everything that it has when the process starts, then what comes. A topic that
// was created again is read from its start, and replaces the rows as a whole.
import { setTimeout as pause } from 'node:timers/promises';
import { isCode, MillraceError } from '../../core/errors.ts';
import { isEnvironmentFault } from '../../core/faults.ts';
import { TABLE_IDENTITY_MS, TABLE_POLL_MS, TABLE_RETRY_MS } from '../../core/table-limits.ts';
import type { LogEnd } from '../../ports/event-log.ts';
import type { TableReader, TopicOrigin } from '../../ports/table.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { BoundedLog, type TableLog } from './bounded-log.ts';
import type { OpenedTable } from './opened-table.ts';
import { TableReports } from './table-reports.ts';
import { TableWaits } from './table-waits.ts';
import type { TableStore } from './table-store.ts';
import type { TopicRows } from './topic-rows.ts';

export interface TopicTableParts {
  readonly topology: string;
  readonly origin: TopicOrigin;
  readonly store: TableStore;
  readonly log: TableLog;
  /** Rows of the topic as it is now. */
  readonly openRows: () => Promise<TopicRows>;
  readonly telemetry: Telemetry;
  readonly nowMs: () => number;
}

export class TopicTable implements OpenedTable {
  readonly name: string;
  readonly #parts: TopicTableParts;
  readonly #log: BoundedLog;
  readonly #waits: TableWaits;
  readonly #reports: TableReports;
  #rows: TopicRows | null = null;
  #topicId: string | null = null;
  #identifiedMs = Number.NEGATIVE_INFINITY;
  /** By partition: everything before it is read. */
  #positions: number[] = [];
  #closed = new AbortController();

  constructor(parts: TopicTableParts) {
    const { store, telemetry, topology } = parts;
    this.#parts = parts;
    this.#log = new BoundedLog(parts.log, parts.origin.topic);
    this.name = store.table.name;
    this.#reports = new TableReports(this.name, telemetry);
    this.#waits = new TableWaits(store.table.waitMs, telemetry, { topology, table: this.name });
  }

  reader(): TableReader {
    return this.#parts.store.reader();
  }

  start(failed: (error: Error) => void): void {
    this.#follow().catch(failed);
  }

  ready(sinceMs: number): Promise<void> {
    return this.#waits.until(sinceMs);
  }

  caughtUp(sinceMs: number): Promise<void> | undefined {
    return this.#waits.briefly(sinceMs);
  }

  close(): void {
    this.#closed.abort();
    this.#waits.close();
    this.#parts.store.removeGauges();
    this.#reports.close();
  }

  async #follow(): Promise<void> {
    this.#reports.loading();
    while (!this.#closed.signal.aborted) {
      const startedMs = performance.now();
      try {
        await this.#refresh();
        this.#waits.reached(startedMs);
        this.#reports.loaded();
        if (!this.#waits.isWaiting) await this.#waits.asked(TABLE_POLL_MS);
      } catch (error) {
        if (this.#closed.signal.aborted) return;
        if (!isEnvironmentFault(error)) throw error;
        this.#identifiedMs = Number.NEGATIVE_INFINITY;
        this.#reports.failed(error);
        await pause(TABLE_RETRY_MS, undefined, { ref: false });
      }
    }
  }

  /** Reads up to the ends that the topic has now. */
  async #refresh(): Promise<void> {
    const { store, nowMs } = this.#parts;
    const asOfMs = nowMs();
    try {
      const isDue = performance.now() - this.#identifiedMs >= TABLE_IDENTITY_MS;
      if (isDue || !this.#waits.isWaiting) await this.#identify();
      const ends = await this.#log.ends();
      if (this.#positions.some((position, i) => position > (ends[i]?.readable ?? 0))) this.#rows = null;
      if (this.#rows === null) return await this.#load();
      await this.#read(this.#rows, ends);
      store.rows = this.#rows.rows;
    } catch (error) {
      await this.#explain(error);
    }
    store.report(asOfMs);
  }

  /** Reads the topic from its start; the rows are those of before until then. */
  async #load(): Promise<void> {
    const { store, openRows, nowMs } = this.#parts;
    const asOfMs = nowMs();
    const rows = await openRows();
    this.#positions = await this.#log.starts();
    await this.#read(rows, await this.#log.ends());
    if (this.#closed.signal.aborted) return;
    this.#rows = rows;
    store.rows = rows.rows;
    store.report(asOfMs);
  }

  async #read(rows: TopicRows, ends: readonly LogEnd[]): Promise<void> {
    const read = async (to: number, partition: number): Promise<void> => {
      const from = (this.#positions[partition] ??= 0);
      if (from >= to) return;
      for await (const raw of this.#log.read(partition, from, to)) {
        if (this.#closed.signal.aborted) return;
        await rows.take(raw);
        this.#positions[partition] = raw.offsetNext;
      }
      this.#positions[partition] = to;
    };
    await Promise.all(ends.map(({ readable }, partition) => read(readable, partition)));
  }

  /** @throws TABLE_UNAVAILABLE if there is no such topic */
  async #identify(): Promise<void> {
    const { topic } = this.#parts.origin;
    if (!(await this.#log.exists()))
      throw new MillraceError('TABLE_UNAVAILABLE', `the topic ${topic} does not exist`, {
        where: `table ${this.name}`,
        remedy: 'Create the topic, or correct its name in the table.',
      });
    const topicId = await this.#log.topicId();
    if (topicId !== this.#topicId) this.#rows = null;
    this.#topicId = topicId;
    this.#identifiedMs = performance.now();
  }

  /** A topic that was deleted, created again or shortened is no fault of the configuration. */
  async #explain(error: unknown): Promise<never> {
    if (isCode(error, 'TABLE_TOO_LARGE')) throw error;
    const before = this.#topicId;
    await this.#identify();
    if (isCode(error, 'LOG_CHANGED')) this.#rows = null;
    if (before !== null && before !== this.#topicId)
      throw new MillraceError('TABLE_UNAVAILABLE', 'its topic was created again', {
        where: `table ${this.name}`,
        cause: error,
      });
    throw error;
  }
}
