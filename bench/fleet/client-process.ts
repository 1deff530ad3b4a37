// The subscriber of a fleet (hot path), in a process of its own: follows every worker, resumes wherever a connection
// breaks, and remembers when each prediction came first.
import { latencyHistogram } from '../../src/runtime/task/run-stats.ts';
import { argument, tellParent } from '../child.ts';
import { distributionOf, type Distribution } from '../distribution.ts';
import { nowMicros } from '../latency/clock.ts';
import { FleetClient } from './client.ts';

export interface FollowRequest {
  readonly topology: string;
  readonly topic: string;
  readonly partitions: number;
  readonly urls: readonly string[];
}

/** [from, to) of the shared clock, microseconds. */
export type Interval = readonly [number, number];

/** What the parent asks. */
export interface TellWhatCame {
  readonly kind: 'tell';
  /** Events meant to be sent before it do not count as latency. */
  readonly fromMicros: number;
  /** Events in flight during one of these, from the instant at which they were due, are counted separately. */
  readonly pauses: readonly Interval[];
}

/** What came, so far. */
export interface WhatCame {
  readonly kind: 'came';
  /** Different predictions. */
  readonly predictions: number;
  readonly within: Distribution;
  readonly outside: Distribution;
  /** The longest time without a new prediction of one partition, since `fromMicros`. */
  readonly longestSilenceMs: number;
  readonly connections: number;
  /** Told by two owners of a partition, with the same id. */
  readonly repeated: number;
  /** Delivered twice on one connection. */
  readonly doubles: number;
  readonly errors: readonly string[];
}

export type FollowMessage =
  | { readonly kind: 'connected' }
  | { readonly kind: 'flowing' }
  | { readonly kind: 'count'; readonly predictions: number }
  | WhatCame;

const tell: (message: FollowMessage) => void = tellParent;

const POLL_MS = 20;
const MICROS_PER_MS = 1_000;

/** Growing pairs of numbers, in the order of their arrival. */
class Arrivals {
  #intended = new Float64Array(1 << 16);
  #at = new Float64Array(1 << 16);
  #partition = new Uint8Array(1 << 16);
  #count = 0;

  add(intendedMicros: number, atMicros: number, partition: number): void {
    if (this.#count === this.#at.length) this.#grow();
    this.#intended[this.#count] = intendedMicros;
    this.#at[this.#count] = atMicros;
    this.#partition[this.#count++] = partition;
  }

  #grow(): void {
    const [intended, at, partition] = [this.#intended, this.#at, this.#partition];
    this.#intended = new Float64Array(2 * at.length);
    this.#at = new Float64Array(2 * at.length);
    this.#partition = new Uint8Array(2 * at.length);
    this.#intended.set(intended);
    this.#at.set(at);
    this.#partition.set(partition);
  }

  each(take: (intendedMicros: number, atMicros: number, partition: number) => void): void {
    for (let i = 0; i < this.#count; i++)
      take(this.#intended[i] as number, this.#at[i] as number, this.#partition[i] as number);
  }
}

const { topology, topic, partitions, urls } = argument() as FollowRequest;
const arrivals = new Arrivals();
const client = new FleetClient(topology, topic, partitions, {
  arrived: ({ key }, partition) => arrivals.add(Number(key), nowMicros(), partition),
});

function whatCame({ fromMicros, pauses }: TellWhatCame): WhatCame {
  const within = latencyHistogram();
  const outside = latencyHistogram();
  const last = Array.from({ length: partitions }, () => fromMicros);
  let silence = 0;
  arrivals.each((intended, at, partition) => {
    if (at >= fromMicros) {
      silence = Math.max(silence, at - (last[partition] as number));
      last[partition] = at;
    }
    if (intended < fromMicros) return;
    const isPaused = pauses.some(([from, to]) => at >= from && intended < to);
    (isPaused ? within : outside).recordValue(Math.max(1, at - intended));
  });
  const { connections, repeated, doubles, errors } = client;
  return {
    kind: 'came',
    predictions: client.count,
    within: distributionOf(within),
    outside: distributionOf(outside),
    longestSilenceMs: silence / MICROS_PER_MS,
    connections,
    repeated,
    doubles: doubles.length,
    errors,
  };
}

process.on('message', (message) => {
  const asked = message as TellWhatCame | { readonly kind: 'count' }; // the parent sends nothing else
  if (asked.kind === 'tell') tell(whatCame(asked));
  else tell({ kind: 'count', predictions: client.count });
});

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
}

for (const url of urls) client.follow(url);
await until(() => client.connections >= urls.length);
tell({ kind: 'connected' });
await until(() => client.seen.every(({ size }) => size > 0));
tell({ kind: 'flowing' });
