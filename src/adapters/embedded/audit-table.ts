// Audit records in the SQLite history (control path).
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { AUDIT_PAGE_ROWS_MAX } from '../../core/audit-limits.ts';
import type { AuditRecord } from '../../ports/audit.ts';

const SCHEMA = `
CREATE TABLE IF NOT EXISTS audit (
  topology TEXT, sequence INTEGER, hash TEXT, record TEXT, PRIMARY KEY (topology, sequence, hash)
) WITHOUT ROWID
`;

export class AuditTable {
  readonly #insert: StatementSync;
  readonly #page: StatementSync;

  /** Creates the table if it does not exist. */
  constructor(db: DatabaseSync) {
    db.exec(SCHEMA);
    this.#insert = db.prepare('INSERT INTO audit VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING');
    this.#page = db.prepare(
      `SELECT record FROM audit WHERE topology = ? AND (sequence, hash) > (?, ?) ORDER BY sequence, hash LIMIT ${AUDIT_PAGE_ROWS_MAX}`,
    );
  }

  append(records: readonly AuditRecord[]): void {
    for (const record of records)
      this.#insert.run(record.topology, record.sequence, record.hash, JSON.stringify(record));
  }

  /** All records of a topology in the order of their numbers, a page at a time. @param guard calls the function and maps what it throws */
  async *read(
    topology: string,
    guard: (page: () => AuditRecord[]) => AuditRecord[],
  ): AsyncGenerator<readonly AuditRecord[]> {
    let last: Pick<AuditRecord, 'sequence' | 'hash'> | undefined = { sequence: 0, hash: '' };
    for (;;) {
      const after: Pick<AuditRecord, 'sequence' | 'hash'> = last;
      const page = guard(() => this.#after(topology, after));
      last = page.at(-1);
      if (last === undefined) return;
      yield page;
    }
  }

  #after(topology: string, { sequence, hash }: Pick<AuditRecord, 'sequence' | 'hash'>): AuditRecord[] {
    const rows = this.#page.all(topology, sequence, hash);
    return rows.map(({ record }) => JSON.parse(String(record)) as AuditRecord); // as `append` has written it
  }
}
