// A record batch that cannot be read (types, and what is said of it): its records are set aside, and reading goes on.
import type { RecordFaultCode } from '../../../core/column-builder.ts';

export interface BatchFault {
  readonly code: Extract<RecordFaultCode, 'BATCH_UNREADABLE' | 'BATCH_TOO_LARGE'>;
  readonly message: string;
  /** Whether another fetch may return other bytes: the batch does not match its checksum, or its length is impossible. */
  readonly mayPass: boolean;
}

/** These bytes are what the producer sent, and cannot be read. */
export function unreadable(what: string): BatchFault {
  return { code: 'BATCH_UNREADABLE', message: `the record batch ${what}`, mayPass: false };
}

/** These bytes are not what the producer sent. */
export function damaged(what: string): BatchFault {
  return { code: 'BATCH_UNREADABLE', message: `the record batch ${what}`, mayPass: true };
}
