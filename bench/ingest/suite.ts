// Events a second over HTTP (control path): `millrace run` takes them, and answers when its log has them.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { shown, table } from '../figures.ts';
import type { Services } from '../services.ts';
import type { BenchOptions, LogKind, SuiteResult } from '../suite.ts';
import { type Load, send } from './sender.ts';
import { environmentWith } from '../../tools/environment.ts';

const LOADS: readonly Load[] = [
  { rows: 10_000, connections: 1 },
  { rows: 10_000, connections: 4 },
  { rows: 1, connections: 64 },
];
const SECONDS = 5;
/** Of each load: connections, compilation. */
const WARM_UP_SECONDS = 1;
const START_MS_MAX = 60_000;
const ROOT = join(import.meta.dirname, '..', '..');

interface IngestFigure extends Load {
  readonly log: LogKind;
  readonly eventsPerSecond: number;
  /** Of the engine's process, with the predictions of the events. */
  readonly cpuMicrosPerEvent: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

interface Engine {
  /** Of the source's topic. */
  readonly url: string;
  /** CPU time since its start, µs, as its metrics have it. */
  cpuMicros(): Promise<number>;
  stop(): Promise<void>;
}

/** The command as a user runs it. */
async function startEngine(environment: Readonly<Record<string, string>>): Promise<Engine> {
  const data = mkdtempSync(join(tmpdir(), 'millrace-ingest-'));
  const args = ['src/app/main.ts', 'run', 'bench/ingest/topology.ts', '--port', '0'];
  const rate = { MILLRACE_REQUESTS_PER_SECOND: '1000000' };
  const env = environmentWith({ ...rate, ...environment, MILLRACE_DATA: data });
  const child = spawn(process.execPath, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'inherit'] });
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await gone;
    rmSync(data, { recursive: true, force: true, maxRetries: 10 });
  };
  const port = new Promise<string>((resolve) => {
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (more: string) => {
      text += more;
      const [, found] = /dashboard +http:\/\/127\.0\.0\.1:(\d+)/.exec(text) ?? [];
      if (found !== undefined) resolve(found);
    });
  });
  const none = new Promise<null>((resolve) => {
    setTimeout(() => resolve(null), START_MS_MAX).unref();
    void gone.then(() => resolve(null));
  });
  const found = await Promise.race([port, none]);
  const base = `http://127.0.0.1:${found ?? ''}`;
  const cpuMicros = async (): Promise<number> => {
    const text = await (await fetch(`${base}/metrics`)).text();
    return 1e6 * Number(/^millrace_process_cpu_seconds_total (\S+)/m.exec(text)?.[1]);
  };
  if (found !== null) return { url: `${base}/v1/topics/ticks`, cpuMicros, stop };
  await stop();
  throw new Error('the engine did not start');
}

/** @param seconds of each load */
export async function measure(
  log: LogKind,
  environment: Readonly<Record<string, string>>,
  loads: readonly Load[],
  seconds: number,
): Promise<readonly IngestFigure[]> {
  const engine = await startEngine(environment);
  try {
    const figures: IngestFigure[] = [];
    for (const load of loads) {
      await send(engine.url, load, Math.min(WARM_UP_SECONDS, seconds));
      const before = await engine.cpuMicros();
      const sent = await send(engine.url, load, seconds);
      const cpuMicrosPerEvent = ((await engine.cpuMicros()) - before) / sent.events;
      const at = (share: number): number =>
        sent.latencyMs[Math.floor(share * (sent.latencyMs.length - 1))] ?? Number.NaN;
      const eventsPerSecond = sent.events / sent.seconds;
      figures.push({ ...load, log, eventsPerSecond, cpuMicrosPerEvent, p50Ms: at(0.5), p99Ms: at(0.99) });
    }
    return figures;
  } finally {
    await engine.stop();
  }
}

export async function ingest({ logs, seconds }: BenchOptions, services: Services): Promise<SuiteResult> {
  const figures: IngestFigure[] = [];
  for (const log of logs) {
    const environment: Record<string, string> = {};
    if (log === 'kafka') {
      const { brokers, redisUrl } = await services.servers();
      Object.assign(environment, {
        MILLRACE_KAFKA_BROKERS: brokers.join(','),
        MILLRACE_REDIS_URL: redisUrl,
      });
    }
    figures.push(...(await measure(log, environment, LOADS, seconds ?? SECONDS)));
  }
  const rows = figures.map((figure) => [
    figure.log,
    figure.rows.toLocaleString('en-US'),
    String(figure.connections),
    shown(figure.eventsPerSecond),
    shown(figure.cpuMicrosPerEvent),
    shown(figure.p50Ms),
    shown(figure.p99Ms),
  ]);
  const head = [
    'log',
    'events a request',
    'connections',
    'events a second',
    'CPU µs an event',
    'p50 ms',
    'p99 ms',
  ];
  return { figures, text: table(head, rows) };
}
