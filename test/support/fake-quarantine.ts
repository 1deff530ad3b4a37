// Keeps what readers of the engine's own records leave out.
import type { Quarantine, QuarantinedRecord } from '../../src/ports/quarantine.ts';

export class FakeQuarantine implements Quarantine {
  readonly records: QuarantinedRecord[] = [];

  add(record: QuarantinedRecord): void {
    this.records.push(record);
  }

  /** Places in the order in which they were added, each once. */
  get places(): Array<readonly [offset: number | null, reason: string]> {
    const known = new Map(this.records.map(({ offset, reason }) => [offset, reason]));
    return [...known];
  }
}
