// What is done to a chaos run: a seeded plan of faults, and how each is carried out.
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { SESSION_TIMEOUT_MS, type Setting } from '../../bench/fleet/setting.ts';
import type { Worker } from '../../bench/fleet/worker.ts';
import type { Service } from '../../tools/services/service.ts';
import type { Random } from '../../src/stats/random.ts';
import type { SourceTopic } from './source-topic.ts';

/** Kinds with their weights: what dies most in the field is the engine's own process. */
export const faultKinds = {
  'kill worker': 10,
  'freeze worker': 4,
  'stop worker': 2,
  'kill broker': 2,
  'freeze broker': 1,
  'kill redis': 3,
  'empty redis': 1,
  'kill clickhouse': 2,
  'freeze clickhouse': 1,
  'truncate topic': 1,
} as const;

export type FaultKind = keyof typeof faultKinds;

export interface Fault {
  readonly kind: FaultKind;
  /** Which worker. */
  readonly target: number;
  /** Until what was taken away is given back, ms. */
  readonly downMs: number;
  /** Whether the next one waits until this one is recovered from. */
  readonly alone: boolean;
  /** Pause before it, ms. */
  readonly pauseMs: number;
  readonly dropsClient: boolean;
}

function pickKind(random: Random, kinds: readonly FaultKind[]): FaultKind {
  let draw = random.nextInt(kinds.reduce((sum, kind) => sum + faultKinds[kind], 0));
  for (const kind of kinds) {
    draw -= faultKinds[kind];
    if (draw < 0) return kind;
  }
  return kinds[0] as FaultKind;
}

export function planFaults(
  random: Random,
  count: number,
  workers: number,
  kinds: readonly FaultKind[],
): Fault[] {
  return Array.from({ length: count }, (_, i) => {
    // Each kind once, in order, so that a short run has them all; then by weight.
    const kind =
      i < kinds.length && count >= kinds.length ? (kinds[i] as FaultKind) : pickKind(random, kinds);
    const beyondSession = SESSION_TIMEOUT_MS + 500 + random.nextInt(2_000);
    const short = random.nextInt(1_500);
    const downMs =
      kind === 'freeze worker' || (kind === 'kill worker' && random.nextInt(3) === 0) ? beyondSession : short;
    return {
      kind,
      target: random.nextInt(workers),
      downMs,
      alone: random.nextInt(3) > 0,
      pauseMs: random.nextInt(1_000),
      dropsClient: random.nextInt(3) === 0,
    };
  });
}

async function emptyRedis(url: string): Promise<void> {
  const redis = new Redis(url, { maxRetriesPerRequest: 20 });
  redis.on('error', () => undefined); // it may be away just now: the command is tried again
  try {
    await redis.flushdb();
  } finally {
    redis.disconnect();
  }
}

async function freeze(service: { signal(signal: NodeJS.Signals): void }, ms: number): Promise<void> {
  service.signal('SIGSTOP');
  await sleep(ms);
  service.signal('SIGCONT');
}

/**
 * Kafka 4.1's group coordinator does not always come up after a kill: the broker answers NOT_COORDINATOR for a partition of
 * its offsets until it is restarted once more, as an operator would.
 */
async function killAndRestart(service: Service, downMs: number): Promise<void> {
  await service.kill();
  await sleep(downMs);
  await service.restart().catch(() => service.restart());
}

/** What a fault takes away, or needs to be there. */
function targetsOf({ kind, target }: Fault): readonly string[] {
  if (kind.endsWith('worker')) return [`worker ${target}`];
  // The archive must hold what the topic drops, and Redis is emptied with it: or nothing would be read again.
  if (kind === 'truncate topic') return ['broker', 'clickhouse', 'redis'];
  return [kind.split(' ')[1] as string];
}

/** Two faults may be under way at once, but not on the same target: the second waits for the first. */
export class FaultRunner {
  readonly #setting: Setting;
  readonly #workers: readonly Worker[];
  readonly #source: SourceTopic;
  readonly #committed: () => readonly number[];
  readonly #busy = new Map<string, Promise<void>>();

  /** @param committed by partition of the source: what all its readers have committed */
  constructor(
    setting: Setting,
    workers: readonly Worker[],
    source: SourceTopic,
    committed: () => readonly number[],
  ) {
    this.#setting = setting;
    this.#workers = workers;
    this.#source = source;
    this.#committed = committed;
  }

  /** Resolves once the fault has been inflicted and repaired; `begun` is called at its first instant. */
  async inflict(fault: Fault, begun: () => void): Promise<void> {
    const targets = targetsOf(fault);
    const done = Promise.all(targets.map((target) => this.#busy.get(target) ?? Promise.resolve())).then(
      () => {
        begun();
        return this.#carryOut(fault);
      },
    );
    const over = done.catch(() => undefined);
    for (const target of targets) this.#busy.set(target, over);
    await done;
  }

  async #carryOut({ kind, target, downMs }: Fault): Promise<void> {
    const { kafka, redis, clickhouse } = this.#setting;
    const worker = this.#workers[target] as Worker;
    switch (kind) {
      case 'kill worker':
        await worker.end('SIGKILL');
        await sleep(downMs);
        return worker.start();
      case 'stop worker':
        await worker.end('SIGTERM');
        await sleep(downMs);
        return worker.start();
      case 'freeze worker':
        return freeze(worker, downMs);
      case 'kill broker':
        return killAndRestart(kafka, downMs);
      case 'freeze broker':
        return freeze(kafka, downMs);
      case 'kill redis':
        return killAndRestart(redis, downMs);
      case 'empty redis':
        return emptyRedis(redis.url);
      case 'kill clickhouse':
        return killAndRestart(clickhouse, downMs);
      case 'freeze clickhouse':
        return freeze(clickhouse, downMs);
      case 'truncate topic':
        await this.#source.truncate(this.#committed());
        return emptyRedis(redis.url);
    }
  }

  /** Everything that was taken away is back. */
  async settled(): Promise<void> {
    await Promise.all(this.#busy.values());
  }
}
