// The tables of a topology in one process (control path): its partitions share them.
import type { DictColumn } from '../../core/batch.ts';
import { invariant } from '../../core/errors.ts';
import type { OpenTables, TableReader } from '../../ports/table.ts';
import type { OpenedTable } from './opened-table.ts';

export class Tables implements OpenTables {
  readonly #tables: ReadonlyMap<string, OpenedTable>;
  readonly #waitedFor: readonly OpenedTable[];
  readonly #interrupted = Promise.withResolvers<void>();

  constructor(tables: readonly OpenedTable[]) {
    this.#tables = new Map(tables.map((table) => [table.name, table]));
    this.#waitedFor = tables.filter((table) => 'caughtUp' in table);
  }

  /** @param failed called with a fault that a retry would meet again */
  start(failed: (error: Error) => void): void {
    for (const table of this.#tables.values()) table.start(failed);
  }

  /** Resolves when every table has what its origin has now, or waiting is interrupted. */
  async ready(aborted: AbortSignal): Promise<void> {
    if (this.#tables.size === 0 || aborted.aborted) return;
    const sinceMs = performance.now();
    const ended = Promise.withResolvers<void>();
    const end = (): void => ended.resolve();
    aborted.addEventListener('abort', end, { once: true });
    const ready = Promise.all([...this.#tables.values()].map((table) => table.ready(sinceMs)));
    await Promise.race([ready, ended.promise, this.#interrupted.promise]);
    aborted.removeEventListener('abort', end);
  }

  /** Nothing waits for tables that are not loaded any more. */
  interrupt(): void {
    this.#interrupted.resolve();
  }

  reader(name: string): TableReader {
    return this.#named(name).reader();
  }

  caughtUp(receivedAtMs: number): Promise<void> | undefined {
    let waits: Array<Promise<void>> | null = null;
    for (const table of this.#waitedFor) {
      const wait = table.caughtUp?.(receivedAtMs);
      if (wait !== undefined) (waits ??= []).push(wait);
    }
    return waits === null ? undefined : Promise.all(waits).then(() => undefined);
  }

  fetch(name: string, keys: DictColumn, rows: Int32Array): Promise<void> | undefined {
    return this.#named(name).fetch?.(keys, rows);
  }

  close(): void {
    this.interrupt();
    for (const table of this.#tables.values()) table.close();
  }

  #named(name: string): OpenedTable {
    const table = this.#tables.get(name);
    invariant(table !== undefined, `the table ${name} is open`);
    return table;
  }
}
