// Audit records, read back to be compared with the chain of the audit topic (control path).
import { AUDIT_PAGE_ROWS_MAX } from '../../core/audit-limits.ts';
import type { AuditRecord } from '../../ports/audit.ts';
import type { Database } from './database.ts';

const PAGE = `
SELECT topology, toFloat64(sequence) AS sequence, toFloat64(toUnixTimestamp64Milli(at)) AS atMs, action, actor,
  origin AS from, subject, before, after, previous, hash
FROM audit FINAL
WHERE topology = {topology:String} AND (sequence, hash) > ({sequence:UInt64}, {hash:String})
ORDER BY sequence, hash LIMIT {rows:UInt32}`;

/** All records of a topology in the order of their numbers, a page at a time. */
export async function* readAudit(
  database: Database,
  topology: string,
): AsyncGenerator<readonly AuditRecord[]> {
  let after = { sequence: 0, hash: '' };
  for (;;) {
    const params = { ...after, topology, rows: AUDIT_PAGE_ROWS_MAX };
    const rows = await database.rows<AuditRecord>(PAGE, params);
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows;
    after = { sequence: last.sequence, hash: last.hash };
  }
}
