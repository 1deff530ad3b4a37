// An audit log in memory, for tests of what makes changes.
import type { Audit, Change } from '../../src/ports/audit.ts';

export class RecordingAudit implements Audit {
  readonly changes: Change[] = [];

  async record(change: Change): Promise<void> {
    this.changes.push(change);
  }
}
