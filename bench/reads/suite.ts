// Time to read features of one key and of a hundred from Redis while events come in (control path).
import { Child } from '../child.ts';
import type { Distribution } from '../distribution.ts';
import { shown, table } from '../figures.ts';
import type { Services } from '../services.ts';
import type { BenchOptions, SuiteResult } from '../suite.ts';
import type { EngineMessage, EngineRequest } from './engine-process.ts';
import type { ReaderAnswer, ReaderRequest } from './reader-process.ts';

const RATE = 20_000;
const SECONDS = 10;

export async function reads(options: BenchOptions, services: Services): Promise<SuiteResult> {
  const { redisUrl } = await services.servers();
  const rate = options.rate ?? RATE;
  const seconds = options.seconds ?? SECONDS;
  const asked: EngineRequest = { redisUrl, rate };
  const engine = new Child<EngineMessage>(new URL('./engine-process.ts', import.meta.url), asked);
  try {
    await engine.next('ready');
    const request: ReaderRequest = { redisUrl, seconds };
    const reader = new Child<ReaderAnswer>(new URL('./reader-process.ts', import.meta.url), request);
    const read = await reader.next('read');
    engine.send({ kind: 'end' });
    const sent = await engine.next('sent');
    await engine.gone;
    const row = (name: string, { p50, p90, p99, p999, max, count }: Distribution): string[] => [
      name,
      ...[p50, p90, p99, p999, max].map(shown),
      count.toLocaleString('en-US'),
    ];
    const head = [`ms, at ${shown(sent.rate)} events a second`, 'p50', 'p90', 'p99', 'p99.9', 'max', 'reads'];
    const rows = [row('1 key, 5 features', read.one), row('100 keys', read.hundred)];
    const note = `${shown(100 * read.present)} % of the features had a value`;
    return { figures: { rate: sent.rate, ...read }, text: [table(head, rows), note].join('\n') };
  } finally {
    await engine.end('SIGKILL');
  }
}
