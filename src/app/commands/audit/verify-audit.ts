// `millrace audit verify` (control path).
import { MillraceError } from '../../../core/errors.ts';
import type { AuditSource } from '../../../runtime/audit/read-audit.ts';
import { verifyAudit, type VerifiedAudit } from '../../../runtime/audit/verify-audit.ts';
import { auditTopic } from '../../../topology/topics.ts';
import { openAppTelemetry, openHistory } from '../../compose/adapters.ts';
import type { Config } from '../../settings/config.ts';
import { withAudit } from './audit-source.ts';

/** Embedded tables are in the folder of an engine that may be running: only those of a server are compared. */
async function verified(source: AuditSource, config: Config): Promise<VerifiedAudit> {
  if (config.clickhouseUrl === null) return verifyAudit(source, null);
  const { history } = await openHistory(config, await openAppTelemetry(config));
  try {
    return await verifyAudit(source, history);
  } finally {
    await history.close();
  }
}

/** @throws MillraceError AUDIT_BROKEN with the first place at which the chain does not hold */
export async function verifyAuditOf(file: string, config: Config): Promise<void> {
  await withAudit(file, config, async (source) => {
    const { records, broken, isEndKnown } = await verified(source, config);
    const topic = auditTopic(source.topology);
    if (broken !== null) {
      throw new MillraceError('AUDIT_BROKEN', `the chain holds for ${records} records, then ${broken.why}`, {
        where: broken.offset === null ? topic : `${topic}-0 at offset ${broken.offset}`,
        remedy: 'Find out who may write to the topic or delete it, and compare it with a copy.',
      });
    }
    process.stdout.write(`${source.topology}: the chain of ${records} records holds\n`);
    if (!isEndKnown && records > 0)
      process.stdout.write(
        'No head is stored, as the broker forgets one after some days: records that are missing at the end would not be found.\n',
      );
  });
}
