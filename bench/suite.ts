// What a suite of the bench is given and gives back (control path).
import type { Services } from './services.ts';

export const logKinds = ['embedded', 'kafka'] as const;
export type LogKind = (typeof logKinds)[number];

export interface BenchOptions {
  readonly logs: readonly LogKind[];
  /** Seconds of one measurement of latency. */
  readonly seconds: number;
  /** Events a second of the latency bench. */
  readonly rate: number;
  /** Where processes under test write CPU profiles; null for none. */
  readonly profileFolder: string | null;
}

export interface SuiteResult {
  /** As it goes into the JSON. */
  readonly figures: unknown;
  /** As it is printed. */
  readonly text: string;
}

export type Suite = (options: BenchOptions, services: Services) => Promise<SuiteResult>;
