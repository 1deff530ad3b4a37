// The quarantines of a process, one for each topology that it reads records or files of (control path).
import type { Quarantine } from '../../ports/quarantine.ts';
import { RecordQuarantine, type RecordQuarantineParts } from './record-quarantine.ts';

export class Quarantines {
  readonly #parts: Omit<RecordQuarantineParts, 'topology'>;
  readonly #byTopology = new Map<string, RecordQuarantine>();

  constructor(parts: Omit<RecordQuarantineParts, 'topology'>) {
    this.#parts = parts;
  }

  of(topology: string): Quarantine {
    let quarantine = this.#byTopology.get(topology);
    if (quarantine === undefined)
      this.#byTopology.set(topology, (quarantine = new RecordQuarantine({ ...this.#parts, topology })));
    return quarantine;
  }

  /** Writes what waits, within a bound. */
  async close(): Promise<void> {
    await Promise.all([...this.#byTopology.values()].map((quarantine) => quarantine.close()));
  }
}
