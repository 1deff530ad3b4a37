// One run of attacks against one web adapter: rounds of attacks until the time is over, then what they have achieved.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Chance } from '../gauntlet/random.ts';
import type { Servers } from '../support/find-servers.ts';
import type { Attack } from './attack.ts';
import { Findings, type Round } from './findings.ts';
import { inspectWritten } from './leaks.ts';
import { memoryBound } from './memory.ts';
import { openStage, type Stage } from './stage.ts';
import { Target, type Effort } from './target.ts';
import { Traffic } from './traffic.ts';
import { Watch } from './watch.ts';
import { WS_SERVES, type WebAdapter } from './web-adapters.ts';

export interface AttackOptions {
  readonly adapter: WebAdapter;
  /** Each once, and then at random until the time is over; or these rounds again. */
  readonly attacks: readonly Attack[];
  readonly seed: number;
  readonly minutes: number;
  /** The round to play again; null: all of them. */
  readonly round: number | null;
  readonly eventsPerSecond: number;
  /** The slowest answer of /livez, ms. */
  readonly livezMsMax: number;
  readonly effort: Effort;
  readonly keep: boolean;
  readonly say: (line: string) => void;
}

export interface AttackResult {
  readonly adapter: WebAdapter;
  readonly findings: Findings;
  /** Rounds by attack. */
  readonly rounds: ReadonlyMap<string, number>;
  readonly events: number;
  readonly looks: number;
  readonly slowestLivezMs: number;
  readonly memoryBytesMax: number;
  readonly memoryBytesBound: number;
  readonly seconds: number;
  readonly folder: string;
}

/** Seeds of neighbouring runs do not share rounds. */
const ROUNDS_PER_SEED = 100_000;
/** What an attack waits for comes by then, or never. */
const ROUND_MS_MAX = 180_000;
/** Everything sent is committed by then, or the engine is stuck. */
const PROGRESS_MS_MAX = 45_000;
const STOP_MS_MAX = 30_000;
const WARM_UP_MS = 1_500;
const MINUTE_MS = 60_000;
const POLL_MS = 50;
const LOG_CHARS = 700;

class Run {
  readonly #options: AttackOptions;
  readonly #stage: Stage;
  readonly #target: Target;
  readonly #watch: Watch;
  readonly findings: Findings = new Findings();
  readonly rounds: Map<string, number> = new Map();
  memoryBytesBound = 0;
  #crashes = 0;

  constructor(options: AttackOptions, stage: Stage, traffic: Traffic, watch: Watch) {
    this.#options = options;
    this.#stage = stage;
    this.#watch = watch;
    this.#target = new Target(stage, traffic, this.findings, options.effort);
    this.#target.restart = () => this.#restart();
  }

  async start(): Promise<void> {
    const { traffic } = this.#target;
    await this.#startEngine();
    const isWs = readFileSync(this.#stage.engine.logFile, 'utf8').includes(WS_SERVES);
    if (isWs !== (this.#options.adapter === 'ws')) throw new Error(`${this.#options.adapter} does not serve`);
    await traffic.start();
    await sleep(WARM_UP_MS);
    this.memoryBytesBound = memoryBound(this.#watch.memoryBytesMax);
  }

  async #startEngine(): Promise<void> {
    const { engine } = this.#stage;
    await engine.start();
    await this.#target.untilServing();
    this.#watch.follow({ port: engine.port, pid: engine.pid ?? 0 });
  }

  async #restart(): Promise<void> {
    await this.#stopEngine();
    await this.#startEngine();
  }

  async #stopEngine(): Promise<void> {
    this.#watch.follow(null);
    const late = sleep(STOP_MS_MAX, 'late' as const, { ref: false });
    const { pid } = this.#stage.engine;
    const end = this.#stage.engine.end('SIGTERM');
    if ((await Promise.race([end, late])) === 'late') {
      this.findings.add('stuck', `the engine does not stop within ${STOP_MS_MAX} ms`);
      if (pid !== null) process.kill(pid, 'SIGKILL');
    }
    const how = await end;
    if (how !== null && how !== 'exit code 0') this.findings.add('crashed', `at its stop: ${how}`);
  }

  async play(): Promise<void> {
    const { seed, minutes, round, attacks } = this.#options;
    const first = round ?? seed * ROUNDS_PER_SEED;
    const untilMs = performance.now() + minutes * MINUTE_MS;
    for (let i = 0; i < attacks.length || performance.now() < untilMs; i++) {
      const chance = new Chance(first + i);
      const drawn = chance.pick(attacks);
      await this.#playOne(i < attacks.length ? (attacks[i] as Attack) : drawn, first + i, chance);
      if (round !== null) break;
    }
    this.findings.round = null;
    await this.#target.alone();
    await this.#examine();
  }

  async #playOne(attack: Attack, seed: number, chance: Chance): Promise<void> {
    const round: Round = { seed, attack: attack.name };
    this.findings.round = round;
    this.rounds.set(attack.name, (this.rounds.get(attack.name) ?? 0) + 1);
    this.#target.from = `127.66.${(seed >> 8) & 0xff}.${1 + (seed % 253)}`;
    this.#watch.takeSlowest();
    const startMs = performance.now();
    const before = this.findings.all.length;
    const late = sleep(ROUND_MS_MAX, 'late' as const, { ref: false });
    const played = attack.play(this.#target, chance).catch((error: unknown) => {
      this.findings.add('wrong', error instanceof Error ? (error.stack ?? error.message) : String(error));
    });
    if ((await Promise.race([played, late])) === 'late')
      this.findings.add('stuck', `the attack is not over after ${ROUND_MS_MAX} ms`);
    await this.#examine();
    const seconds = ((performance.now() - startMs) / 1_000).toFixed(1);
    const bad = this.findings.all
      .slice(before)
      .map(({ fault, what }) => `      ${fault}: ${what.slice(0, LOG_CHARS)}`);
    this.#options.say(
      [`${this.#options.adapter}  round ${seed}  ${attack.name.padEnd(20)} ${seconds} s`, ...bad].join('\n'),
    );
  }

  /** Whether the engine goes on. */
  async #examine(): Promise<void> {
    const { engine } = this.#stage;
    const { producer, progress } = this.#target.traffic;
    const reached = await this.#untilCrash(progress.reach([...producer.ends], PROGRESS_MS_MAX));
    for (const crash of engine.crashes.slice(this.#crashes)) this.findings.add('crashed', crash);
    this.#crashes = engine.crashes.length;
    if (engine.hasCrashed) {
      this.#watch.follow(null);
      await this.#startEngine();
      return;
    }
    if (reached === null) {
      const { status, body } = await this.#target.request({ method: 'GET', target: '/readyz' });
      this.findings.add('stuck', `events are not committed; /readyz ${status} ${body}`);
    }
    const slowest = this.#watch.takeSlowest();
    if (slowest > this.#options.livezMsMax)
      this.findings.add('slow', `/livez took ${Math.round(slowest)} ms`);
    for (const refusal of this.#watch.refusals.splice(0)) this.findings.add('stuck', refusal);
    if (this.#watch.memoryBytesMax > this.memoryBytesBound && this.findings.countOf('over memory') === 0)
      this.findings.add('over memory', `${this.#watch.memoryBytesMax} of ${this.memoryBytesBound} bytes`);
  }

  /** The result of `work`, or null once the engine has crashed. */
  async #untilCrash<T>(work: Promise<T>): Promise<T | null> {
    const over = new AbortController();
    const crash = async (): Promise<null> => {
      while (!over.signal.aborted && !this.#stage.engine.hasCrashed) await sleep(POLL_MS);
      return null;
    };
    const result = await Promise.race([work, crash()]);
    over.abort();
    return result;
  }

  async end(): Promise<number> {
    const events = await this.#target.traffic.judge(this.findings, PROGRESS_MS_MAX);
    await this.#stopEngine();
    await inspectWritten(this.#target);
    return events;
  }
}

export async function runAttack(servers: Servers, options: AttackOptions): Promise<AttackResult> {
  const startedMs = performance.now();
  const stage = await openStage(servers, options.adapter);
  const watch = await Watch.start();
  const traffic = new Traffic(stage, options.eventsPerSecond);
  const run = new Run(options, stage, traffic, watch);
  try {
    await run.start();
    options.say(`${options.adapter}: the engine serves; logs in ${stage.folder}`);
    await run.play();
    const events = await run.end();
    return {
      adapter: options.adapter,
      findings: run.findings,
      rounds: run.rounds,
      events,
      looks: watch.looks,
      slowestLivezMs: watch.slowestMs,
      memoryBytesMax: watch.memoryBytesMax,
      memoryBytesBound: run.memoryBytesBound,
      seconds: (performance.now() - startedMs) / 1_000,
      folder: stage.folder,
    };
  } finally {
    await watch.close();
    await traffic.producer.stop();
    await traffic.close();
    await stage.close(options.keep);
  }
}
