// What a backfill of one process is made of (control path).
import type { Topology } from '../../../topology/define.ts';
import type { Parts } from '../../../topology/parts.ts';
import type { Adapters } from '../../compose/adapters.ts';
import type { Config } from '../../settings/config.ts';
import type { RowFileOptions } from '../row-file-options.ts';
import type { BackfillFrom, TimeRange } from './inputs.ts';

export interface BackfillOptions {
  readonly from: string;
  readonly range: TimeRange;
  /** Null for all. */
  readonly partitions: readonly number[] | null;
  /** Whether a live engine goes on with the state. */
  readonly seedState: boolean;
  /** Null for the champion. */
  readonly model: string | null;
  readonly rowFile: RowFileOptions;
  /** Processes over which the partitions are dealt out. */
  readonly workers: number;
  /** Of the command. */
  readonly words: readonly string[];
}

export interface Backfill {
  /** Of the topology. */
  readonly file: string;
  /** With the parts that run beside it. */
  readonly planned: Parts;
  readonly topology: Topology;
  /** Of this process. */
  readonly partitions: readonly number[];
  readonly adapters: Adapters;
  readonly config: Config;
  /** For the state that it builds. */
  readonly folder: string;
  readonly from: BackfillFrom;
  readonly options: BackfillOptions;
}
