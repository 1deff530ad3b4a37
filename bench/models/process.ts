// An engine under a steady load whose model changes (control path): as `millrace run` wires it, on the log in its data folder,
// with the sender and the operator in the same process: what any of them does on the event loop, an event waits for.
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { build, type Histogram } from 'hdr-histogram-js';
import { modelCommands } from '../../src/app/compose/model-commands.ts';
import { RunningTopology } from '../../src/app/compose/running-topology.ts';
import { readConfig } from '../../src/app/settings/config.ts';
import { FLAG_FALLBACK } from '../../src/core/blocks.ts';
import { type ModelContent, sha256Of } from '../../src/core/model-content.ts';
import { NO_REFERENCE } from '../../src/stats/drift-reference.ts';
import { argument, tellParent } from '../child.ts';
import { type Distribution, distributionOf } from '../distribution.ts';
import { championManifest } from '../fleet/champion-manifest.ts';
import { standardTopology, type Tick, TickSource } from '../jobs/standard.ts';
import { embeddingModel } from './embedding.ts';

export interface ModelsRequest {
  readonly folder: string;
  readonly rate: number;
  /** The large model as a file, which is promoted twice; null: small ones are. */
  readonly file: { readonly path: string; readonly sha256: string; readonly bytes: number } | null;
  readonly swaps: number;
}

export interface Swapped {
  readonly kind: 'swapped';
  readonly swaps: number;
  /** From the call of the command until every partition scores with the model. */
  readonly secondsOfSwap: readonly number[];
  /** From when an event was due to be sent until its prediction, ms; `within` swaps, and outside of them. */
  readonly waits: { readonly within: Distribution; readonly outside: Distribution };
  /** CPU of the event loop's thread between two turns of a timer, ms at most: what a quiet machine would show as a wait. */
  readonly turnMsMax: { readonly within: number; readonly outside: number };
  readonly sent: number;
  readonly predicted: number;
  /** Predictions by the fallback, once there was a model. */
  readonly fallbacks: number;
  /** Resident and used heap MiB, after garbage collection, at every tenth of the swaps. */
  readonly memory: ReadonlyArray<{ readonly rss: number; readonly heap: number; readonly external: number }>;
}

const POLL_MS = 20;
const SETTLE_MS = 2_000;
const SAMPLES = 10;
const MIB = 1_048_576;

const MICROS_PER_MS = 1_000;

/** Of microseconds, to three digits. */
function histogram(): Histogram {
  return build({ bitBucketSize: 64, numberOfSignificantValueDigits: 3 });
}

const nobody = { record: async (): Promise<void> => undefined };

const { folder, rate, file, swaps } = argument() as ModelsRequest;
const topology = standardTopology('id');
const width = topology.features?.features.length ?? 0;

/** Instants at which events were due, by their number, and what their predictions waited. */
const due: number[] = [];
const waits = { within: histogram(), outside: histogram() };
let isSwapping = false;
let predicted = 0;
let fallbacks = 0;
let hasModel = false;

const running = await RunningTopology.start(
  readConfig({
    MILLRACE_DATA: folder,
    MILLRACE_SCHEMAS: fileURLToPath(new URL('../jobs/schemas', import.meta.url)),
    MILLRACE_LOG_LEVEL: 'error',
    MILLRACE_PROVIDERS: 'cpu',
  }),
  topology,
  {
    eventsInMemory: false,
    serve: false,
    predictions({ keys, count, flags }) {
      const now = performance.now();
      predicted += count;
      for (let i = 0; i < count; i += 1) {
        const waitMs = Math.max(0, now - (due[Number(keys[i])] ?? now));
        waits[isSwapping ? 'within' : 'outside'].recordValue(Math.round(waitMs * MICROS_PER_MS));
        if (hasModel && ((flags[i] ?? 0) & FLAG_FALLBACK) !== 0) fallbacks += 1;
      }
    },
  },
);
const { adapters, host } = running;
const { log, codec, registry } = adapters;
const commands = await modelCommands(topology, {
  log,
  codec,
  registry,
  gate: host.gate,
  artifacts: host.artifacts,
  waitMs: 300_000,
  isRunning: () => Promise.resolve(true),
  audit: nobody,
});

const ticks = new TickSource(await codec.encoder<Tick>('ticks-value'));
const startMs = performance.now();
const sent = new AbortController();
async function send(): Promise<void> {
  while (!sent.signal.aborted) {
    const count = Math.floor(((performance.now() - startMs) / 1_000) * rate) - due.length;
    const records = Array.from({ length: Math.max(0, count) }, () => {
      due.push(startMs + ((due.length + 1) / rate) * 1_000);
      return ticks.next(String(due.length - 1));
    });
    if (records.length > 0) await log.publish('ticks', records);
    await sleep(1);
  }
}

const seconds: number[] = [];
const memory: Array<Swapped['memory'][number]> = [];
const turnMsMax = { within: 0, outside: 0 };
let turn = process.threadCpuUsage();
setInterval(() => {
  const { user, system } = process.threadCpuUsage(turn);
  turn = process.threadCpuUsage();
  if (!hasModel) return;
  const period = isSwapping ? 'within' : 'outside';
  turnMsMax[period] = Math.max(turnMsMax[period], (user + system) / 1_000);
}, 1).unref();

async function swapTo(version: string, model: ModelContent, bytesHash: string): Promise<void> {
  const manifest = {
    ...championManifest(topology, version, NO_REFERENCE, new Uint8Array(0)),
    sha256: bytesHash,
  };
  await registry.register({ ...manifest, status: 'retired' }, model);
  await promote(version);
}

async function promote(version: string): Promise<void> {
  isSwapping = true;
  const fromMs = performance.now();
  await commands.promote(topology.name, version, { actor: 'bench', from: 'bench' });
  seconds.push((performance.now() - fromMs) / 1_000);
  isSwapping = false;
}

function small(seed: number): Uint8Array {
  return embeddingModel(width, 0.01, seed);
}

async function sample(): Promise<void> {
  await sleep(SETTLE_MS / 4);
  globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  memory.push({ rss: rss / MIB, heap: heapUsed / MIB, external: external / MIB });
}

const sending = send();
const first = small(1);
await swapTo('first', first, sha256Of(first));
hasModel = true;
await sleep(SETTLE_MS);
seconds.length = 0;
waits.within.reset();
waits.outside.reset();
if (file !== null) {
  await swapTo('large', { ...file, offset: -1 }, file.sha256);
  await sleep(SETTLE_MS);
  await promote('first');
  await promote('large');
  await sleep(SETTLE_MS);
} else {
  for (let swap = 1; swap <= swaps; swap += 1) {
    const model = small(swap + 1);
    await swapTo(`v${swap}`, model, sha256Of(model));
    if (swap % Math.max(1, Math.floor(swaps / SAMPLES)) === 0) await sample();
  }
}
sent.abort();
await sending;
for (let idle = 0; predicted < due.length && idle < 500; idle += 1) await sleep(POLL_MS);

const swapped: Swapped = {
  kind: 'swapped',
  swaps: seconds.length,
  secondsOfSwap: file === null ? [] : seconds,
  waits: { within: distributionOf(waits.within), outside: distributionOf(waits.outside) },
  turnMsMax,
  sent: due.length,
  predicted,
  fallbacks,
  memory,
};
tellParent(swapped);
await running.close();
process.exit(0);
