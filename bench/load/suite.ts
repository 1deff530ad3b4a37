// How fast `millrace load` reads files and sends their rows (control path): the command itself, in a process of its own.
import { spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { shown, table } from '../figures.ts';
import type { Services } from '../services.ts';
import type { BenchOptions, LogKind, SuiteResult } from '../suite.ts';
import { environmentWith } from '../../tools/environment.ts';

const ROOT = join(import.meta.dirname, '..', '..');
/** 20,000 rows, by test/vectors/make_files.py. */
const PARQUET = join(ROOT, 'test', 'vectors', 'files', 'bench.parquet');
const PARQUET_ROWS = 20_000;
const ROWS = 500_000;
const START_MS = Date.UTC(2026, 0, 5);

interface LoadFigure {
  readonly log: LogKind;
  readonly file: string;
  readonly rows: number;
  readonly rowsPerSecond: number;
}

type Makers = Readonly<Record<string, (folder: string) => string[]>>;

/** The same number of rows in each. */
const FILES: Makers = {
  csv: (folder) => {
    const path = join(folder, 'rows.csv');
    const lines = Array.from({ length: ROWS }, (_, i) => {
      const at = new Date(START_MS + 1_000 * i).toISOString();
      return `p-${i},card-${(i * 7919) % 1_000},merchant-${(i * 104_729) % 50},${((i * 31) % 10_000) / 100},${at}\n`;
    });
    writeFileSync(path, `id,card,merchant,amount,at\n${lines.join('')}`);
    return [path];
  },
  parquet: (folder) =>
    Array.from({ length: ROWS / PARQUET_ROWS }, (_, i) => {
      const path = join(folder, `rows-${i}.parquet`);
      copyFileSync(PARQUET, path);
      return path;
    }),
};

/** By the command's own clock, which starts when it begins to read. */
async function measure(log: LogKind, file: string, brokers: readonly string[] | null): Promise<LoadFigure> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-load-'));
  try {
    const files = FILES[file]?.(folder) ?? [];
    const kafka = brokers === null ? {} : { MILLRACE_KAFKA_BROKERS: brokers.join(',') };
    const env = environmentWith({ MILLRACE_DATA: join(folder, 'data'), ...kafka });
    const output = await outputOf(
      ['src/app/main.ts', 'load', 'bench/load/topology.ts', ...files, '--key', 'card'],
      env,
    );
    const [, rows = '', rate = ''] = /^events +(\d+) in .*: (\d+) a second$/m.exec(output) ?? [];
    if (Number(rows) !== ROWS) throw new Error(`not all rows were loaded:\n${output}`);
    return { log, file, rows: ROWS, rowsPerSecond: Number(rate) };
  } finally {
    rmSync(folder, { recursive: true, maxRetries: 10 });
  }
}

function outputOf(args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  const child = spawn(process.execPath, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => resolve(output));
  });
}

export async function load({ logs }: BenchOptions, services: Services): Promise<SuiteResult> {
  const figures: LoadFigure[] = [];
  for (const log of logs) {
    const brokers = log === 'kafka' ? (await services.servers()).brokers : null;
    for (const file of Object.keys(FILES)) figures.push(await measure(log, file, brokers));
  }
  const rows = figures.map(({ log, file, rowsPerSecond }) => [log, file, shown(rowsPerSecond)]);
  return { figures, text: table(['log', 'file', 'rows a second'], rows) };
}
