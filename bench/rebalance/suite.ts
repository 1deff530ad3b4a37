// Two workers under a steady load, one of them killed every ten seconds and begun again at once (control path): how far
// the group falls behind, what subscribers notice, and whether each event has its one prediction.
import type { Interval } from '../fleet/client-process.ts';
import { Fleet, WORKERS } from '../fleet/fleet.ts';
import { COMMIT_MS, type LagSample } from '../fleet/lag.ts';
import { readOutcome } from '../fleet/outcome.ts';
import { problemsOf, type Check, type FleetRun } from '../fleet/problems.ts';
import { SESSION_TIMEOUT_MS } from '../fleet/setting.ts';
import topology from '../fleet/topology.ts';
import type { Distribution } from '../distribution.ts';
import { shown, spreadOf, table } from '../figures.ts';
import { nowMicros } from '../latency/clock.ts';
import type { Services } from '../services.ts';
import type { BenchOptions, SuiteResult } from '../suite.ts';

const RATE = 5_000;
const SECONDS = 120;
const KILL_EVERY_SECONDS = 10;
const MICROS_PER_SECOND = 1_000_000;

interface Kill {
  /** From its instant until nothing is overdue any more. */
  readonly pause: Interval;
  /** Null: something was overdue at the next kill still. */
  readonly seconds: number | null;
}

interface Rebalanced extends FleetRun {
  readonly rate: number;
  readonly seconds: number;
  readonly producerLateMs: number;
  readonly kills: readonly Kill[];
  readonly worstLag: number;
  /** In its course. */
  readonly lagSamples: readonly LagSample[];
}

/** Kills the workers in turn, the last one early enough to be recovered from under load. */
async function killInTurn(fleet: Fleet, seconds: number): Promise<number[]> {
  const kills: number[] = [];
  for (let at = KILL_EVERY_SECONDS; at < seconds; at += KILL_EVERY_SECONDS) {
    await fleet.at(at);
    const worker = fleet.workers[kills.length % WORKERS];
    kills.push(nowMicros());
    await worker?.end('SIGKILL');
    await worker?.start();
  }
  return kills;
}

function recoveries({ lag }: Fleet, kills: readonly number[], endMicros: number): Kill[] {
  return kills.map((at, i) => {
    const until = kills[i + 1] ?? endMicros;
    const micros = lag.back(at, until);
    return {
      pause: [at, micros === null ? until : at + micros],
      seconds: micros === null ? null : micros / MICROS_PER_SECOND,
    };
  });
}

async function measure(rate: number, seconds: number): Promise<Rebalanced> {
  const fleet = await Fleet.open();
  try {
    await fleet.begin({ rate, seconds });
    const [killed, { count: sent, worstLateMs }] = await Promise.all([
      killInTurn(fleet, seconds),
      fleet.sent(),
    ]);
    const lagEndsAtZero = await fleet.drained(sent);
    const kills = recoveries(fleet, killed, nowMicros());
    const came = await fleet.whatCame(kills.map(({ pause }) => pause));
    const worstLag = fleet.lag.worst(fleet.fromMicros);
    await fleet.endWorkers();
    const outcome = await readOutcome(fleet.setting, topology);
    const producerLateMs = worstLateMs;
    const { crashes } = fleet;
    const lagSamples = fleet.lag.samples;
    const found = { lagSamples, lagEndsAtZero, worstLag, came, outcome, crashes };
    return { rate, seconds, sent, producerLateMs, kills, ...found };
  } finally {
    await fleet.close();
  }
}

function row(name: string, latency: Distribution): string[] {
  return [
    name,
    ...[latency.p50, latency.p90, latency.p99, latency.p999, latency.max].map(shown),
    latency.count.toLocaleString('en-US'),
  ];
}

/** Seconds until the lag was back, as far as it was before the next kill. */
function toZero(kills: readonly Kill[]): string[][] {
  const back = kills.flatMap(({ seconds }) => (seconds === null ? [] : [seconds]));
  const { median, max } = spreadOf(back);
  return [
    ['lag back at zero after a kill, s: median', shown(median)],
    ['and at most', shown(max)],
    ['not before the next kill', String(kills.length - back.length)],
  ];
}

function promises({ came }: Rebalanced): Check[] {
  return [[came.doubles > 0, `${came.doubles} predictions came twice on one connection`]];
}

function textOf(run: Rebalanced, problems: readonly string[]): string {
  const { rate, sent, kills, worstLag, lagEndsAtZero, came, outcome, producerLateMs } = run;
  const facts = [
    ['events sent', sent.toLocaleString('en-US')],
    ['workers killed with -9', String(kills.length)],
    ['worst lag, events', worstLag.toLocaleString('en-US')],
    ['lag at the end, events', lagEndsAtZero ? '0' : 'not 0'],
    ...toZero(kills),
    ['predictions lost', String(outcome.lost)],
    ['predictions doubled', String(outcome.doubled)],
  ];
  const head = ['WebSocket, ms', 'p50', 'p90', 'p99', 'p99.9', 'max', 'events'];
  const latencies = [row('under way in a pause', came.within), row('else', came.outside)];
  return [
    table([`${rate} events a second`, ''], facts),
    '',
    table(head, latencies),
    '',
    `the group's session time-out is ${SESSION_TIMEOUT_MS} ms; lag counts as zero while nothing waits for more than ${COMMIT_MS} ms; a pause is from a kill until then`,
    `the producer was late by ${shown(producerLateMs)} ms at most; ${came.connections} connections, ${came.repeated} predictions told by two owners`,
    problems.length === 0
      ? `HOLDS: each event has one prediction, in the topic (read_committed by ${outcome.readBy}) and at subscribers`
      : `DOES NOT HOLD: ${problems.join('; ')}`,
  ].join('\n');
}

export async function rebalance(options: BenchOptions, _services: Services): Promise<SuiteResult> {
  const measured = await measure(options.rate ?? RATE, options.seconds ?? SECONDS);
  const problems = problemsOf(measured, promises(measured));
  return {
    figures: { ...measured, sessionTimeoutMs: SESSION_TIMEOUT_MS, problems },
    text: textOf(measured, problems),
    holds: problems.length === 0,
  };
}
