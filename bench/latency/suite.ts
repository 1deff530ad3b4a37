// From an event's intended time of sending to its prediction at a WebSocket client (control path), beside a bare loop.
import { Child } from '../child.ts';
import type { Distribution } from '../distribution.ts';
import { shown, table } from '../figures.ts';
import type { Services } from '../services.ts';
import type { BenchOptions, LogKind, SuiteResult } from '../suite.ts';
import type { ClientAnswer, ClientRequest } from './client-process.ts';
import type { LatencyMessage, LatencyRequest } from './engine-process.ts';
import type { Schedule } from './schedule.ts';
import type { SenderRequest, Sent } from './sender-process.ts';

const RATE = 2_000;
const SECONDS = 5;
const WARM_UP_SECONDS = 2;

const module = (name: string): URL => new URL(`./${name}-process.ts`, import.meta.url);

interface Measured {
  readonly server: 'uws' | 'ws';
  readonly sent: Sent;
  readonly engine: Distribution;
  readonly bare: Distribution;
  /** Commits of epochs, which events wait for. */
  readonly commits: Extract<LatencyMessage, { kind: 'commits' }>;
}

async function measure(log: LogKind, schedule: Schedule, services: Services): Promise<Measured> {
  const servers = log === 'kafka' ? await services.servers() : null;
  const brokers = servers?.brokers ?? null;
  const place = { brokers, redisUrl: servers?.redisUrl ?? null, stateFile: null };
  const request: LatencyRequest = { place, schedule };
  const engine = new Child<LatencyMessage>(module('engine'), request);
  const children: Array<{ end(signal: NodeJS.Signals): Promise<void> }> = [engine];
  try {
    const { engineUrl, bareUrl, server } = await engine.next('listening');
    const urls: ClientRequest = { engineUrl, bareUrl };
    const client = new Child<ClientAnswer>(module('client'), urls);
    children.push(client);
    await client.next('ready');
    engine.send({ kind: 'begin' });
    let sent: Promise<Sent>;
    if (brokers === null) {
      sent = engine.next('sent');
    } else {
      const asked: SenderRequest = { brokers, schedule };
      const sender = new Child<Sent>(module('sender'), asked);
      children.push(sender);
      sent = sender.next('sent');
    }
    const counts = await sent;
    client.send({ kind: 'end' });
    const latencies = await client.next('latencies');
    engine.send({ kind: 'end' });
    const commits = await engine.next('commits');
    await engine.gone;
    return { server, sent: counts, engine: latencies.engine, bare: latencies.bare, commits };
  } finally {
    for (const child of children) await child.end('SIGKILL');
  }
}

function row(name: string, latency: Distribution): string[] {
  return [
    name,
    ...[latency.p50, latency.p90, latency.p99, latency.p999, latency.max].map(shown),
    latency.count.toLocaleString('en-US'),
  ];
}

export async function latency(options: BenchOptions, services: Services): Promise<SuiteResult> {
  const rate = options.rate ?? RATE;
  const seconds = options.seconds ?? SECONDS;
  const figures: unknown[] = [];
  const rows: string[][] = [];
  const notes: string[] = [];
  for (const log of options.logs) {
    const measured = await measure(log, { rate, seconds, warmUpSeconds: WARM_UP_SECONDS }, services);
    const { server, sent, engine, bare, commits } = measured;
    figures.push({ log, rate, ...measured });
    rows.push(row(`${log}: engine`, engine), row(`${log}: bare loop`, bare));
    rows.push([`${log}: difference`, ...differences(engine, bare), '']);
    if (sent.engine !== engine.count || sent.bare !== bare.count) {
      notes.push(`${log}: ${sent.engine} and ${sent.bare} were sent, ${engine.count} and ${bare.count} came`);
    }
    const { p50, p99 } = commits.ms;
    notes.push(
      `${log}: ${commits.count} epochs, committed in ${shown(p50)} ms (p50), ${shown(p99)} ms (p99); WebSockets by ${server}`,
    );
  }
  const head = [`ms, at ${rate} events a second`, 'p50', 'p90', 'p99', 'p99.9', 'max', 'events'];
  return { figures, text: [table(head, rows), ...notes].join('\n') };
}

function differences(engine: Distribution, bare: Distribution): string[] {
  const names = ['p50', 'p90', 'p99', 'p999', 'max'] as const;
  return names.map((name) => (engine[name] - bare[name]).toFixed(2));
}
