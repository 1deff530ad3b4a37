// Copies the audit log into the history (control path): for queries, and as a second copy that `millrace audit verify`
// compares with the topic. Every engine copies all of it, as a table has each record once.
import { concatMap, type Subscription } from 'rxjs';
import type { RawBatch } from '../../core/batch.ts';
import { messageOf } from '../../core/errors.ts';
import type { AuditRecord } from '../../ports/audit.ts';
import type { RecordDecoder } from '../../ports/codec.ts';
import type { EventLog } from '../../ports/event-log.ts';
import type { History } from '../../ports/history.ts';
import type { Quarantine, RecordFault } from '../../ports/quarantine.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { auditTopic } from '../../topology/topics.ts';
import { outOfRange, OwnRecords } from '../own-records.ts';
import { isIntact } from './audit-chain.ts';

export interface AuditCopyParts {
  readonly topology: string;
  readonly log: EventLog;
  readonly decoder: RecordDecoder<AuditRecord>;
  readonly history: Pick<History, 'audit'>;
  readonly quarantine: Quarantine;
  readonly telemetry: Telemetry;
  /** Called with an error that a restart would meet again. */
  readonly failed: (error: Error) => void;
}

export class AuditCopy {
  readonly #parts: AuditCopyParts;
  readonly #records: OwnRecords<AuditRecord>;
  #subscription: Subscription | null = null;

  constructor(parts: AuditCopyParts) {
    this.#parts = parts;
    const { decoder, topology, quarantine } = parts;
    this.#records = new OwnRecords(decoder, (record) => auditFault(topology, record), quarantine);
  }

  /** Copies what the topic has, and then follows it. */
  start(): void {
    const { log, topology, telemetry, failed } = this.#parts;
    this.#subscription = log
      .tail(auditTopic(topology), 'earliest')
      .pipe(concatMap((raw) => this.#copy(raw)))
      .subscribe({
        error: (error: Error) => {
          telemetry.error('the audit log cannot be read', { why: messageOf(error) });
          failed(error);
        },
      });
  }

  async #copy(raw: RawBatch): Promise<void> {
    const records: AuditRecord[] = [];
    for (let row = 0; row < raw.count; row++) {
      const record = await this.#records.follow(raw, row, this.#parts.telemetry);
      if (record !== null) records.push(record);
    }
    if (records.length > 0) this.#parts.history.audit(records);
  }

  close(): void {
    this.#subscription?.unsubscribe();
  }
}

function auditFault(topology: string, record: AuditRecord): RecordFault | null {
  if (record.topology !== topology) return { reason: 'foreign', detail: `it is of ${record.topology}` };
  if (!isIntact(topology, record))
    return { reason: 'malformed', detail: 'its hash is not that of its content' };
  const isNumber = Number.isSafeInteger(record.sequence) && record.sequence > 0;
  return isNumber ? null : outOfRange(`its number is ${record.sequence}`);
}
