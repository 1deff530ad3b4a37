// One chaos run: a fleet under load, faults at random moments, then what it left against an undisturbed run.
import { setTimeout as sleep } from 'node:timers/promises';
import { FleetClient } from '../../bench/fleet/client.ts';
import type { Setting } from '../../bench/fleet/setting.ts';
import { Worker } from '../../bench/fleet/worker.ts';
import { Random } from '../../src/stats/random.ts';
import { groupOf } from '../../src/topology/topics.ts';
import { Events } from './events.ts';
import { FaultRunner, planFaults, type Fault, type FaultKind } from './faults.ts';
import { EventProducer } from './producer.ts';
import { others, partsReach } from './parts-progress.ts';
import { GroupProgress } from './progress.ts';
import { openChaosSetting } from './setting.ts';
import { stateReaches } from './state-progress.ts';
import topology from './topology.ts';
import { judge, type Verdict } from './judge.ts';
import { SourceTopic } from './source-topic.ts';

export interface ChaosOptions {
  readonly kills: number;
  readonly seed: number;
  readonly kinds: readonly FaultKind[];
  readonly workers: number;
  readonly eventsPerSecond: number;
  readonly say: (line: string) => void;
  /** Whether logs and data stay where something differed. */
  readonly keep: boolean;
}

export interface Recovery {
  readonly fault: Fault;
  /** From the fault until everything sent before it was committed, ms; null where it was given up. */
  readonly ms: number | null;
}

export interface ChaosResult {
  readonly events: number;
  readonly recoveries: readonly Recovery[];
  readonly verdict: Verdict;
  readonly seconds: number;
  readonly folder: string;
}

/** Longer than any fault lasts and any client waits: what is not recovered by then never will be. */
const RECOVER_MS_MAX = 180_000;
const START_MS_MAX = 120_000;
const WARM_UP_MS = 2_000;
/** Events go on after the last fault: what it took away is missed by those who come after it. */
const AFTER_MS = 2_000;
const SUPERVISE_MS = 500;
/** Nothing came for this long: a client that connects again has by then been sent what it missed. */
const FEED_QUIET_MS = 5_000;

class Fleet {
  readonly workers: readonly Worker[];
  readonly producer: EventProducer;
  readonly progress: GroupProgress;
  /** Of the part that reads the source too. */
  readonly front: GroupProgress;
  readonly client: FleetClient;
  readonly source: SourceTopic;
  readonly #setting: Setting;
  readonly #options: ChaosOptions;
  readonly #recoveries: Recovery[] = [];
  #supervisor: NodeJS.Timeout | undefined;

  private constructor(setting: Setting, options: ChaosOptions, workers: readonly Worker[], events: Events) {
    const { name, source } = topology;
    const kafka = setting.client();
    this.#setting = setting;
    this.#options = options;
    this.workers = workers;
    this.producer = new EventProducer(
      kafka,
      source.topic,
      source.partitions,
      events,
      options.eventsPerSecond,
    );
    const progressOf = (part: string): GroupProgress =>
      new GroupProgress(setting.client(), groupOf(part), source.topic, source.partitions);
    this.progress = progressOf(name);
    this.front = progressOf(others.find(({ part }) => part?.role === 'front')?.name ?? name);
    this.client = new FleetClient(name, source.topic, source.partitions);
    this.source = new SourceTopic(setting);
  }

  static async start(setting: Setting, options: ChaosOptions): Promise<Fleet> {
    const names = Array.from({ length: options.workers }, (_, i) => `worker${i}`);
    const workers = await Promise.all(names.map((name) => Worker.open(setting, name)));
    const encoder =
      await setting.codec.encoder<Readonly<Record<string, string | number | boolean | null>>>('orders-value');
    const events = new Events(options.seed, topology.source.partitions, encoder);
    const fleet = new Fleet(setting, options, workers, events);
    try {
      await fleet.#warmUp();
      return fleet;
    } catch (error) {
      // No worker may outlive its servers.
      await fleet.producer.stop();
      await fleet.end();
      throw error;
    }
  }

  async #warmUp(): Promise<void> {
    const { workers, client } = this;
    await Promise.all(workers.map((worker) => worker.start()));
    for (const { url } of workers) client.follow(url);
    await this.#until(() => client.connections >= workers.length, 'no worker serves');
    this.progress.start();
    this.front.start();
    await this.producer.start();
    await this.#until(() => client.seen.every(({ size }) => size > 0), 'a partition gives no prediction');
    await sleep(WARM_UP_MS);
    // A worker that ends by itself is a finding; the run goes on with another, as an orchestrator would.
    this.#supervisor = setInterval(() => {
      for (const worker of workers) if (worker.hasCrashed) void worker.start();
    }, SUPERVISE_MS);
  }

  async #until(holds: () => boolean, otherwise: string): Promise<void> {
    const untilMs = performance.now() + START_MS_MAX;
    while (!holds()) {
      if (performance.now() > untilMs) throw new Error(`${otherwise} within ${START_MS_MAX / 1_000} s`);
      await sleep(50);
    }
  }

  /** Inflicts the faults; some while others are still being recovered from. */
  async suffer(faults: readonly Fault[]): Promise<readonly Recovery[]> {
    const committed = (): number[] =>
      this.progress.committed.map((offset, p) => Math.min(offset, this.front.committed[p] ?? 0));
    const runner = new FaultRunner(this.#setting, this.workers, this.source, committed);
    const open: Array<Promise<void>> = [];
    for (const [i, fault] of faults.entries()) {
      await sleep(fault.pauseMs);
      // What is stuck is to be looked at as it is.
      if (this.#recoveries.some(({ ms }) => ms === null)) break;
      const recovered = this.#sufferOne(runner, fault, i + 1);
      open.push(recovered);
      if (fault.alone) await Promise.all(open.splice(0));
    }
    await Promise.all(open);
    await runner.settled();
    return this.#recoveries;
  }

  async #sufferOne(runner: FaultRunner, fault: Fault, nth: number): Promise<void> {
    let ends: readonly number[] = [];
    let begunMs = 0;
    await runner.inflict(fault, () => {
      ends = [...this.producer.ends];
      begunMs = performance.now();
      if (fault.dropsClient) this.client.drop(nth);
    });
    const reached = await this.progress.reach(ends, RECOVER_MS_MAX);
    const ms = reached === null ? null : performance.now() - begunMs;
    this.#recoveries.push({ fault, ms });
    const description = fault.kind.endsWith('worker') ? `${fault.kind} ${fault.target}` : fault.kind;
    const outcome = ms === null ? 'NOT RECOVERED' : `recovered in ${(ms / 1_000).toFixed(1)} s`;
    this.#options.say(
      `${String(nth).padStart(4)}  ${description.padEnd(18)} ${(fault.downMs / 1_000).toFixed(1)} s away  ${outcome}`,
    );
  }

  /** No more events; everything is processed and served. Returns what did not come to its end. */
  async drain(): Promise<string[]> {
    const problems: string[] = [];
    await sleep(AFTER_MS);
    await this.producer.stop();
    if ((await this.progress.reach(this.producer.ends, RECOVER_MS_MAX)) === null)
      problems.push(`committed ${this.progress.committed.join()} of ${this.producer.ends.join()}`);
    // By itself, without another event: a store that was emptied is built again first.
    const { redis } = this.#setting;
    problems.push(...(await partsReach(this.#setting.client(), redis.url, RECOVER_MS_MAX)));
    if (!(await stateReaches(redis.url, topology, this.producer.ends, RECOVER_MS_MAX)))
      problems.push('the state in Redis did not come to the end of the source');
    let before = -1;
    while (this.client.count !== before) {
      before = this.client.count;
      await sleep(FEED_QUIET_MS);
    }
    await this.end();
    return problems;
  }

  async end(): Promise<void> {
    clearInterval(this.#supervisor);
    this.client.close();
    await Promise.all(this.workers.map((worker) => worker.end('SIGTERM')));
    await this.progress.stop();
    await this.front.stop();
  }
}

export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const startedMs = performance.now();
  const { say } = options;
  const setting = await openChaosSetting();
  let keep = options.keep;
  try {
    say(options.keep ? `servers are up; logs in ${setting.folder}` : 'servers are up');
    const fleet = await Fleet.start(setting, options);
    try {
      say(
        `${options.workers} workers, ${options.eventsPerSecond} events a second; ${options.kills} faults begin`,
      );
      const faults = planFaults(new Random(options.seed), options.kills, options.workers, options.kinds);
      const recoveries = await fleet.suffer(faults);
      const problems = await fleet.drain();
      const { workers, client, producer, source } = fleet;
      problems.push(...workers.flatMap(({ crashes }) => crashes));
      problems.push(
        ...recoveries.filter(({ ms }) => ms === null).map(({ fault }) => `not recovered from: ${fault.kind}`),
      );
      say(`${producer.sent} events sent; comparing with an undisturbed run`);
      const verdict = await judge(setting, client, await source.records(producer.ends), problems);
      keep = keep && !verdict.isGood;
      const seconds = (performance.now() - startedMs) / 1_000;
      return { events: producer.sent, recoveries, verdict, seconds, folder: setting.folder };
    } finally {
      await fleet.end();
    }
  } finally {
    await setting.close(keep);
  }
}
