// A table that a process has open (types alone).
import type { DictColumn } from '../../core/batch.ts';
import type { TableReader } from '../../ports/table.ts';

export interface OpenedTable {
  readonly name: string;
  reader(): TableReader;
  /** Starts to read its origin. @param failed called with a fault that a retry would meet again */
  start(failed: (error: Error) => void): void;
  /** Resolves when it has everything that its origin had at `sinceMs` (performance.now()), however long that takes. */
  ready(sinceMs: number): Promise<void>;
  /** The same within the time that a batch may wait; undefined if it has it already, or nothing is waited for. */
  caughtUp?(sinceMs: number): Promise<void> | undefined;
  /** Of a table whose rows are fetched by key. */
  fetch?(keys: DictColumn, rows: Int32Array): Promise<void> | undefined;
  close(): void;
}
