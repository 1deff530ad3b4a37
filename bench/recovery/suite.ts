// Time from kill -9 to the first right prediction of the process that is begun at once in its place (control path),
// by the number of keys in the state store.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KafkaEventLog } from '../../src/adapters/kafka/event-log.ts';
import { groupOf, topicSpecs } from '../../src/topology/topics.ts';
import { Child } from '../child.ts';
import { openBenchTelemetry, openStores, type Place } from '../engine/open.ts';
import { shown, table } from '../figures.ts';
import { openCodec } from '../jobs/codec.ts';
import type { Tick } from '../jobs/standard.ts';
import { nowMicros } from '../latency/clock.ts';
import { Services } from '../services.ts';
import type { SuiteResult } from '../suite.ts';
import type { RecoveryMessage, RecoveryRequest } from './engine-process.ts';
import { recoveryTopology } from './job.ts';
import { loopRecovery } from './loop.ts';
import { preload } from './preload.ts';
import { SteadyProducer } from './producer.ts';

const KEYS = [1_000, 100_000, 1_000_000];
const SESSION_TIMEOUT_MS = 3_000;
/** Milliseconds that the first engine runs on after its first prediction, so that it dies in the midst of work. */
const STEADY_MS = 1_000;

interface Recovery {
  readonly store: 'redis' | 'sqlite';
  readonly keys: number;
  readonly loadSeconds: number;
  /** From kill -9 to the new process's engine being there, to its first right prediction, ms. */
  readonly engineMs: number;
  readonly firstMs: number;
  /** What lies past the group's session time-out, ms. */
  readonly beyondSessionMs: number;
  readonly wrong: number;
}

const MICROS_PER_MS = 1_000;

function begin(place: Place, fromId: number): { child: Child<RecoveryMessage>; wrong: () => number } {
  const request: RecoveryRequest = { place, fromId };
  const child = new Child<RecoveryMessage>(new URL('./engine-process.ts', import.meta.url), request);
  let wrong = 0;
  const listen = async (): Promise<never> => {
    for (;;) {
      await child.next('wrong', null);
      wrong += 1;
    }
  };
  listen().catch(() => undefined); // it ended
  return { child, wrong: () => wrong };
}

async function killAndBegin(
  place: Place,
  producer: SteadyProducer,
): Promise<Omit<Recovery, 'store' | 'keys' | 'loadSeconds'>> {
  const first = begin(place, 0);
  await first.child.next('first');
  await new Promise((resolve) => setTimeout(resolve, STEADY_MS));
  const killedMicros = nowMicros();
  const { nextId } = producer;
  await first.child.end('SIGKILL');
  const second = begin(place, nextId);
  try {
    const started = await second.child.next('started');
    const right = await second.child.next('first');
    const firstMs = (right.atMicros - killedMicros) / MICROS_PER_MS;
    return {
      engineMs: (started.atMicros - killedMicros) / MICROS_PER_MS,
      firstMs,
      beyondSessionMs: firstMs - SESSION_TIMEOUT_MS,
      wrong: first.wrong() + second.wrong(),
    };
  } finally {
    await second.child.end('SIGKILL');
  }
}

/** One number of keys on one store, with a broker and a store of its own. */
async function measure(store: Recovery['store'], keys: number): Promise<Recovery> {
  const services = new Services();
  const folder = mkdtempSync(join(tmpdir(), 'millrace-recovery-'));
  const telemetry = await openBenchTelemetry();
  try {
    const { brokers, redisUrl } = await services.servers();
    const isRedis = store === 'redis';
    const files = isRedis
      ? { redisUrl, stateFile: null }
      : { redisUrl: null, stateFile: join(folder, 'state.db') };
    const place: Place = { brokers, ...files, sessionTimeoutMs: SESSION_TIMEOUT_MS };
    const startedMs = performance.now();
    const stores = openStores(place, telemetry, folder);
    await preload(stores, keys);
    await stores.close();
    const loadSeconds = (performance.now() - startedMs) / 1_000;
    const log = new KafkaEventLog({ brokers }, telemetry);
    await log.ensureTopics(topicSpecs(recoveryTopology));
    const producer = new SteadyProducer(
      log,
      await (await openCodec('ticks-value')).encoder<Tick>('ticks-value'),
      keys,
    );
    producer.start();
    try {
      return { store, keys, loadSeconds, ...(await killAndBegin(place, producer)) };
    } finally {
      await producer.stop();
      await log.close();
    }
  } finally {
    await services.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

export async function recovery(keyCounts: readonly number[] = KEYS): Promise<SuiteResult> {
  const figures: Recovery[] = [];
  for (const store of ['redis', 'sqlite'] as const) {
    for (const keys of keyCounts) figures.push(await measure(store, keys));
  }
  const head = ['state', 'keys', 'engine up, ms', 'first right, ms', 'past the time-out, ms', 'wrong'];
  const rows = figures.map(({ store, keys, engineMs, firstMs, beyondSessionMs, wrong }) => [
    store,
    keys.toLocaleString('en-US'),
    ...[engineMs, firstMs, beyondSessionMs].map(shown),
    String(wrong),
  ]);
  const note = `since kill -9; the session time-out of group ${groupOf(recoveryTopology.name)} is ${SESSION_TIMEOUT_MS} ms`;
  const loop = await loopRecovery();
  return {
    figures: { sessionTimeoutMs: SESSION_TIMEOUT_MS, runs: figures, loop: loop.figures },
    text: `${table(head, rows)}\n${note}\n\n${loop.text}`,
  };
}
