// The head of the audit log as a broker that has crashed may answer it: an older one, or none.
import t from 'tap';
import { EmbeddedLog } from '../../../src/adapters/embedded/log.ts';
import type { AuditRecord } from '../../../src/ports/audit.ts';
import type { CommittedOffset, EventLog } from '../../../src/ports/event-log.ts';
import { AuditLog, auditGroup, auditPartition } from '../../../src/runtime/audit/audit-log.ts';
import { verifyAudit } from '../../../src/runtime/audit/verify-audit.ts';
import { ordersCodec } from '../../support/orders.ts';
import { forwardingLog } from '../../support/forwarding.ts';

const codec = ordersCodec();
const decoder = await codec.decoder<AuditRecord>('orders.audit-value');
t.teardown(() => codec.close());

/** The log of a broker whose groups answer this. */
function answering(inner: EmbeddedLog, outdated: CommittedOffset | null): EventLog {
  return forwardingLog(inner, {
    async epochWriter(id) {
      const writer = await inner.epochWriter(id);
      return {
        recordBytesMax: () => writer.recordBytesMax(),
        append: (topic, records) => writer.append(topic, records),
        committed: async () => outdated,
        commit: (...of) => writer.commit(...of),
        close: () => writer.close(),
      };
    },
    committedOffsets: async () => new Map(outdated === null ? [] : [[0, outdated]]),
  });
}

t.test('the chain has no fork, and is found whole', async (t) => {
  for (const known of [0, 1, 2]) {
    const inner = new EmbeddedLog({ path: null });
    const record = async (log: EventLog, subject: string): Promise<void> => {
      const audit = await AuditLog.open('orders', { log, codec, nowMs: () => 1_000 });
      const change = {
        action: 'promotion',
        actor: 'ann',
        from: 'host',
        subject,
        before: null,
        after: null,
      } as const;
      await audit.record(change);
    };
    let outdated: CommittedOffset | null = null;
    for (let i = 1; i <= 4; i++) {
      await record(inner, `v${i}`);
      if (i === known) outdated = await inner.recordedOffset(auditGroup('orders'), auditPartition('orders'));
    }
    const log = answering(inner, outdated);
    for (const subject of ['v5', 'v6']) await record(log, subject);
    for (const reader of [inner, log]) {
      const found = await verifyAudit({ topology: 'orders', log: reader, decoder }, null);
      t.match(found, { records: 6, broken: null, isEndKnown: true }, `${known} known`);
    }
    await inner.close();
  }
});
