// What many features cost (control path): CPU an event and bytes of a key, by the number of features and of windows.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { shown, shownSpread, spreadOf, table } from '../figures.ts';
import type { WideJobName, WideSize } from '../jobs/job.ts';
import { wideJob, wideSizes } from '../jobs/wide.ts';
import type { SuiteResult } from '../suite.ts';
import { measure } from '../throughput/suite.ts';

export async function widths(sizes: readonly WideSize[] = wideSizes): Promise<SuiteResult> {
  const figures: Array<Record<string, unknown>> = [];
  const rows: string[][] = [];
  for (const { features, windows } of sizes) {
    const { cpuMicros, storedBytes } = await measured(`wide-${features}-${windows}`);
    const spread = spreadOf(cpuMicros);
    figures.push({ features, windows, cpuMicrosPerEvent: spread, storedBytes });
    const perFeature = shown((1_000 * spread.median) / features);
    rows.push([`${features}, ${windows}`, shownSpread(spread), perFeature, shown(storedBytes)]);
  }
  const head = ['features, windows', 'CPU µs an event', 'ns a feature', 'bytes a key'];
  return { figures, text: table(head, rows) };
}

interface Measured {
  /** Of each slice. */
  readonly cpuMicros: readonly number[];
  /** Of a key, as the store keeps it: the mean. */
  readonly storedBytes: number;
}

async function measured(name: WideJobName): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-widths-'));
  const stateFile = join(folder, 'state.db');
  try {
    const slices = await measure(wideJob(name), { brokers: null, redisUrl: null, stateFile }, null);
    const cpuMicros = slices.map((slice) => slice.cpuMicros / slice.events);
    return { cpuMicros, storedBytes: storedBytes(stateFile) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function storedBytes(file: string): number {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    return Number(database.prepare('SELECT avg(n) AS bytes FROM keyed').get()?.['bytes']);
  } finally {
    database.close();
  }
}
