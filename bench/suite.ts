// Input and output of a benchmark suite (control path).
import type { Services } from './services.ts';

export const logKinds = ['embedded', 'kafka'] as const;
export type LogKind = (typeof logKinds)[number];

export interface BenchOptions {
  readonly logs: readonly LogKind[];
  /** Seconds of one measurement; null for the suite's own. */
  readonly seconds: number | null;
  /** Events a second; null for the suite's own. */
  readonly rate: number | null;
  /** Malformed events; null for the suite's own number. */
  readonly events: number | null;
  /** MiB of a large model; null for what fits the machine. */
  readonly mebibytes: number | null;
  /** Swaps of small models; null for the suite's own number. */
  readonly swaps: number | null;
  /** Where processes under test write CPU profiles; null for none. */
  readonly profileFolder: string | null;
}

export interface SuiteResult {
  /** As it goes into the JSON. */
  readonly figures: unknown;
  /** As it is printed. */
  readonly text: string;
  /** False where what the suite must find does not hold; left out by suites that only measure. */
  readonly holds?: boolean;
}

export type Suite = (options: BenchOptions, services: Services) => Promise<SuiteResult>;
