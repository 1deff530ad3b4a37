// The WebSocket client of the latency bench (hot path), in a process of its own: takes predictions and what the bare
// loop sends, and records how long after its intended time each one came.
import type { Histogram } from 'hdr-histogram-js';
import { latencyHistogram } from '../../src/runtime/task/run-stats.ts';
import { argument, heard, tellParent } from '../child.ts';
import { distributionOf, type Distribution } from '../distribution.ts';
import { nowMicros } from './clock.ts';
import { WARM_UP } from './schedule.ts';

export interface ClientRequest {
  readonly engineUrl: string;
  readonly bareUrl: string;
}

export type ClientAnswer =
  | { readonly kind: 'ready' }
  | { readonly kind: 'latencies'; readonly engine: Distribution; readonly bare: Distribution };

const tell: (message: ClientAnswer) => void = tellParent;

/** Milliseconds for what is still under way when the last event was sent. */
const TAIL_MS = 1_500;

interface Frame {
  readonly type: string;
  readonly items?: ReadonlyArray<{ readonly key: string }>;
}

function connect(url: string, into: Histogram): Promise<void> {
  const socket = new WebSocket(url);
  socket.addEventListener('message', ({ data }) => {
    const atMicros = nowMicros();
    const { items } = JSON.parse(String(data)) as Frame; // the hub's frames, or the bare loop's in the same form
    for (const { key } of items ?? []) {
      if (!key.startsWith(WARM_UP)) into.recordValue(Math.max(1, atMicros - Number(key)));
    }
  });
  return new Promise((resolve, reject) => {
    socket.addEventListener('open', () => resolve());
    socket.addEventListener('error', () => reject(new Error(`no WebSocket at ${url}`)));
  });
}

async function main(): Promise<void> {
  const { engineUrl, bareUrl } = argument() as ClientRequest;
  const engine = latencyHistogram();
  const bare = latencyHistogram();
  await connect(engineUrl, engine);
  await connect(bareUrl, bare);
  tell({ kind: 'ready' });
  await heard('end');
  await new Promise((resolve) => setTimeout(resolve, TAIL_MS));
  tell({ kind: 'latencies', engine: distributionOf(engine), bare: distributionOf(bare) });
  process.disconnect();
  process.exit(0);
}

await main();
