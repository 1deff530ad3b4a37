// A fleet under a steady load (control path): two workers on four partitions, a producer, a subscriber, and the group's
// lag as it is seen from outside.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { groupOf } from '../../src/topology/topics.ts';
import { Child } from '../child.ts';
import { logisticModel } from '../jobs/standard.ts';
import { nowMicros } from '../latency/clock.ts';
import type { FollowMessage, FollowRequest, Interval, TellWhatCame, WhatCame } from './client-process.ts';
import { GroupLag } from './lag.ts';
import type { LoadMessage, LoadRequest } from './producer-process.ts';
import { openSetting, type Setting } from './setting.ts';
import topology from './topology.ts';
import { Worker } from './worker.ts';

export interface Load {
  /** Events a second. */
  readonly rate: number;
  readonly seconds: number;
}

export const WORKERS = 2;
/** Seconds of the load before anything is measured: compilation, connections, first fetches. */
export const WARM_UP_SECONDS = 5;
const ZERO_MS_MAX = 120_000;
/** Without a new prediction for so long, subscribers have what they will get. */
const QUIET_MS_MAX = 20_000;
const POLL_MS = 500;
const MICROS_PER_MS = 1_000;
const MICROS_PER_SECOND = 1_000_000;

const { source } = topology;
const module = (name: string): URL => new URL(`./${name}-process.ts`, import.meta.url);

export class Fleet {
  readonly setting: Setting;
  readonly workers: readonly Worker[];
  readonly lag: GroupLag;
  readonly #subscriber: Child<FollowMessage>;
  #producer: Child<LoadMessage> | null = null;
  /** When measuring begins, microseconds of the shared clock. */
  fromMicros = 0;

  private constructor(setting: Setting, workers: readonly Worker[]) {
    this.setting = setting;
    this.workers = workers;
    this.lag = new GroupLag(setting.client(), groupOf(topology.name), source.topic);
    const { topic, partitions } = source;
    const urls = workers.map(({ url }) => url);
    const follow: FollowRequest = { topology: topology.name, topic, partitions, urls };
    this.#subscriber = new Child(module('client'), follow);
  }

  /** Starts servers, workers and subscriber. */
  static async open(): Promise<Fleet> {
    const here = import.meta.dirname;
    const setting = await openSetting({
      topology,
      topologyFile: join(here, 'topology.ts'),
      schemas: join(here, '..', 'jobs', 'schemas'),
      model: logisticModel(topology.features?.features.length ?? 0),
    });
    let fleet: Fleet | null = null;
    try {
      const names = Array.from({ length: WORKERS }, (_, i) => `worker${i}`);
      const workers = await Promise.all(names.map((name) => Worker.open(setting, name)));
      fleet = new Fleet(setting, workers);
      await Promise.all(workers.map((worker) => worker.start()));
      await fleet.#subscriber.next('connected');
      await fleet.lag.start();
      return fleet;
    } catch (error) {
      await (fleet === null ? setting.close(false) : fleet.close());
      throw error;
    }
  }

  /** Begins the load; resolves at the end of its warm-up. */
  async begin({ rate, seconds }: Load): Promise<void> {
    const environment = await this.setting.environment('producer');
    const { topic } = source;
    const load: LoadRequest = { environment, topic, rate, seconds: WARM_UP_SECONDS + seconds };
    this.#producer = new Child(module('producer'), load);
    const { atMicros } = await this.#producer.next('begun');
    this.fromMicros = atMicros + WARM_UP_SECONDS * MICROS_PER_SECOND;
    await this.#subscriber.next('flowing');
    await this.at(0);
  }

  /** Resolves that many seconds after measuring began. */
  async at(seconds: number): Promise<void> {
    const atMicros = this.fromMicros + seconds * MICROS_PER_SECOND;
    await sleep(Math.max(0, (atMicros - nowMicros()) / MICROS_PER_MS));
  }

  /** The load's end. */
  async sent(): Promise<Extract<LoadMessage, { kind: 'sent' }>> {
    if (this.#producer === null) throw new Error('the load has not begun');
    const sent = await this.#producer.next('sent', null);
    await this.#producer.gone;
    return sent;
  }

  /** After the load: resolves once everything is committed and subscribers have it; false where that does not come. */
  async drained(events: number): Promise<boolean> {
    const isCommitted = await this.lag.reachZero(ZERO_MS_MAX);
    let came = -1;
    for (let grownMs = performance.now(); came < events && performance.now() - grownMs < QUIET_MS_MAX;) {
      this.#subscriber.send({ kind: 'count' });
      const { predictions } = await this.#subscriber.next('count');
      if (predictions > came) grownMs = performance.now();
      came = predictions;
      await sleep(POLL_MS);
    }
    return isCommitted;
  }

  async whatCame(pauses: readonly Interval[]): Promise<WhatCame> {
    const ask: TellWhatCame = { kind: 'tell', fromMicros: this.fromMicros, pauses };
    this.#subscriber.send(ask);
    return this.#subscriber.next('came');
  }

  /** Unexpected exits of workers. */
  get crashes(): readonly string[] {
    return this.workers.flatMap(({ crashes }) => crashes);
  }

  /** In order, so that what they have under way is whole; servers stay. */
  async endWorkers(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.end('SIGTERM')));
  }

  async close(): Promise<void> {
    await this.#producer?.end('SIGKILL');
    await this.#subscriber.end('SIGKILL');
    await this.lag.stop();
    await this.endWorkers();
    await this.setting.close(process.env['MILLRACE_BENCH_KEEP'] !== undefined);
  }
}
