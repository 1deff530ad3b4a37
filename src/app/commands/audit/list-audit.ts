// `millrace audit list` (control path).
import { instantText } from '../../../core/time.ts';
import type { AuditRecord } from '../../../ports/audit.ts';
import { readAudit } from '../../../runtime/audit/read-audit.ts';
import type { Config } from '../../settings/config.ts';
import { withAudit } from './audit-source.ts';

/** Control characters that a forged record could use to rewrite the terminal. */
const CONTROL = /\p{Cc}/gu;

function line({ sequence, atMs, action, subject, actor, from }: AuditRecord): string {
  const fields = [String(sequence), instantText(atMs), action, subject, actor, from];
  return fields.map((field) => field.replaceAll(CONTROL, ' ')).join('  ');
}

export async function listAudit(file: string, config: Config, asJson: boolean): Promise<void> {
  await withAudit(file, config, async (source) => {
    let foreign = 0;
    for await (const { record } of readAudit(source)) {
      if (record === null) foreign += 1;
      else process.stdout.write(`${asJson ? JSON.stringify(record) : line(record)}\n`);
    }
    if (foreign > 0)
      process.stderr.write(`records that are no audit records: ${foreign}; see millrace audit verify\n`);
  });
}
