// The engine of the reads bench (control path): it produces its own events at a rate, and keeps its state in Redis.
import { setTimeout as sleep } from 'node:timers/promises';
import { argument, heard, tellParent } from '../child.ts';
import { openEngine } from '../engine/open.ts';
import { openCodec } from '../jobs/codec.ts';
import { logisticModel, standardTopology, TickSource, type Tick } from '../jobs/standard.ts';

export interface EngineRequest {
  readonly redisUrl: string;
  readonly rate: number;
}

/** `ready` once each key has state. */
export type EngineMessage = { readonly kind: 'ready' } | { readonly kind: 'sent'; readonly rate: number };

const tell: (message: EngineMessage) => void = tellParent;

const WARM_UP_EVENTS = 100_000;
const TICK_MS = 5;

async function main(): Promise<void> {
  const { redisUrl, rate } = argument() as EngineRequest;
  const topology = standardTopology('key');
  const place = { brokers: null, redisUrl, stateFile: null };
  const bench = await openEngine(place, topology, logisticModel(topology.features?.features.length ?? 0), []);
  const codec = await openCodec('ticks-value');
  const source = new TickSource(await codec.encoder<Tick>('ticks-value'));
  const ended = new AbortController();
  void heard('end').then(() => ended.abort());
  const startedMs = performance.now();
  let sent = 0;
  let measuredFrom = 0;
  let isReady = false;
  while (!ended.signal.aborted) {
    const due = Math.floor(((performance.now() - startedMs) * rate) / 1_000);
    if (due > sent)
      await bench.log.publish(
        'ticks',
        Array.from({ length: due - sent }, () => source.next()),
      );
    sent = due;
    if (!isReady && sent >= WARM_UP_EVENTS) {
      isReady = true;
      measuredFrom = performance.now();
      tell({ kind: 'ready' });
    }
    await sleep(TICK_MS);
  }
  const processed = bench.engine.positions().reduce((sum, { offset }) => sum + offset, 0);
  tell({ kind: 'sent', rate: ((processed - WARM_UP_EVENTS) * 1_000) / (performance.now() - measuredFrom) });
  await bench.close();
  process.exit(0);
}

await main();
