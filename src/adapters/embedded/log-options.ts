// The options of the embedded log (types alone).
import type { Telemetry } from '../../ports/telemetry.ts';

export interface EmbeddedLogOptions {
  /** The node:sqlite file; null keeps everything in memory. One engine per file; other processes may append to it. */
  readonly path: string | null;
  /** Topics that stay in memory even if there is a file: they start empty, at offset 0, with each process. */
  readonly inMemory?: (topic: string) => boolean;
  /** Only a task can set the records of a damaged chunk aside; every other reader skips them, and reports it here. */
  readonly telemetry?: Telemetry;
}
