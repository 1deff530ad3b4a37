// ClickHouse away under a steady load, and Redis restarted in the middle of it (control path): what the workers take of
// memory meanwhile, how long predictions pause, and whether everything is there once in the end.
import { setTimeout as sleep } from 'node:timers/promises';
import { SINK_ROWS_BUFFERED_MAX } from '../../src/core/history-limits.ts';
import { ask } from '../fleet/clickhouse.ts';
import { Fleet } from '../fleet/fleet.ts';
import { COMMIT_MS } from '../fleet/lag.ts';
import { readOutcome } from '../fleet/outcome.ts';
import { problemsOf, type Check, type FleetRun } from '../fleet/problems.ts';
import topology from '../fleet/topology.ts';
import { WorkerWatch, type Peak } from '../fleet/watch.ts';
import { shown, table } from '../figures.ts';
import { nowMicros } from '../latency/clock.ts';
import type { Services } from '../services.ts';
import type { BenchOptions, SuiteResult } from '../suite.ts';
import { growthMiBMax, rowsBufferedMax } from './bounds.ts';

const RATE = 5_000;
const OUTAGE_SECONDS = 60;
/** Seconds of the load before and after the outage. */
const CALM_SECONDS = 15;
const RECOVERY_SECONDS = 30;
const ROWS_MS_MAX = 120_000;
const POLL_MS = 500;
const MICROS_PER_SECOND = 1_000_000;

interface Rows {
  readonly all: number;
  readonly different: number;
}

interface Survived extends FleetRun {
  readonly rate: number;
  readonly outageSeconds: number;
  readonly peaks: readonly Peak[];
  readonly worstLag: number;
  /** From ClickHouse answering again until nothing was overdue any more; null: something still is. */
  readonly backSeconds: number | null;
  readonly rows: Readonly<Record<'predictions' | 'feature_log', Rows>>;
}

async function rowsOf(url: string, name: string): Promise<Rows> {
  const where = `topology = '${topology.name}'`;
  const query = `SELECT count(), uniqExact(partition, offset) FROM ${name} WHERE ${where} FORMAT TSV`;
  const [line = ''] = await ask(url, query);
  const [all = 0, different = 0] = line.split('\t').map(Number);
  return { all, different };
}

/** Rows that wait in the workers get their time; what is not there then is not counted as there. */
async function rowsInTheEnd(url: string, events: number): Promise<Survived['rows']> {
  const untilMs = performance.now() + ROWS_MS_MAX;
  for (;;) {
    const rows = {
      predictions: await rowsOf(url, 'predictions'),
      feature_log: await rowsOf(url, 'feature_log'),
    };
    const isThere = rows.predictions.different >= events && rows.feature_log.different >= events;
    if (isThere || performance.now() > untilMs) return rows;
    await sleep(POLL_MS);
  }
}

/** Returns when ClickHouse answered again. */
async function inflict(fleet: Fleet, seconds: number): Promise<number> {
  const { clickhouse, redis } = fleet.setting;
  await clickhouse.kill();
  await fleet.at(CALM_SECONDS + seconds / 2);
  await redis.restart();
  await fleet.at(CALM_SECONDS + seconds);
  await clickhouse.restart();
  return nowMicros();
}

async function measure(rate: number, outageSeconds: number): Promise<Survived> {
  const fleet = await Fleet.open();
  try {
    await fleet.begin({ rate, seconds: CALM_SECONDS + outageSeconds + RECOVERY_SECONDS });
    await fleet.at(CALM_SECONDS);
    const watches = fleet.workers.map((worker) => new WorkerWatch(worker));
    const backMicros = await inflict(fleet, outageSeconds);
    const { count: sent } = await fleet.sent();
    const lagEndsAtZero = await fleet.drained(sent);
    const micros = fleet.lag.back(backMicros, nowMicros());
    const came = await fleet.whatCame([]);
    const worstLag = fleet.lag.worst(fleet.fromMicros);
    const rows = await rowsInTheEnd(fleet.setting.clickhouse.url, sent);
    const peaks = await Promise.all(watches.map((watch) => watch.stop()));
    await fleet.endWorkers();
    const outcome = await readOutcome(fleet.setting, topology);
    const { crashes } = fleet;
    const backSeconds = micros === null ? null : micros / MICROS_PER_SECOND;
    const found = { sent, peaks, worstLag, backSeconds, lagEndsAtZero, came, outcome, rows, crashes };
    return { rate, outageSeconds, ...found };
  } finally {
    await fleet.close();
  }
}

function isWithin({ firstMiB, mostMiB, historyRowsMost }: Peak): boolean {
  return mostMiB <= firstMiB + growthMiBMax && historyRowsMost <= rowsBufferedMax;
}

function promises({ peaks, outcome: { events }, rows }: Survived): Check[] {
  const isWhole = Object.values(rows).every(({ all, different }) => all === events && different === events);
  return [
    [!isWhole, `ClickHouse has ${JSON.stringify(rows)} of ${events} events`],
    [!peaks.every(isWithin), `a worker went past its bounds: ${JSON.stringify(peaks)}`],
  ];
}

function textOf(survived: Survived, problems: readonly string[]): string {
  const { rate, outageSeconds, sent, peaks, worstLag, backSeconds, came, outcome, rows } = survived;
  const whole = (count: number): string => count.toLocaleString('en-US');
  const rowFact = ({ all, different }: Rows): string =>
    `${whole(different)}, ${whole(all - different)} doubled`;
  const facts = [
    ['events sent', whole(sent)],
    [
      'predictions in Kafka',
      `${whole(outcome.predictions)}, ${outcome.lost} lost, ${outcome.doubled} doubled`,
    ],
    ['rows of predictions in ClickHouse', rowFact(rows.predictions)],
    ['rows of feature_log', rowFact(rows.feature_log)],
    ['longest pause of a partition, s', shown(came.longestSilenceMs / 1_000)],
    ['worst lag, events', whole(worstLag)],
    ['lag back at zero after ClickHouse is back, s', backSeconds === null ? 'not yet' : shown(backSeconds)],
  ];
  const memory = peaks.map((peak) => [
    peak.worker,
    shown(peak.firstMiB),
    shown(peak.mostMiB),
    shown(peak.firstMiB + growthMiBMax),
    whole(peak.historyRowsMost),
    whole(rowsBufferedMax),
  ]);
  const head = ['worker', 'MiB before', 'MiB at most', 'bound', 'rows buffered at most', 'bound'];
  return [
    table([`${rate} events a second, ClickHouse away for ${outageSeconds} s, Redis restarted`, ''], facts),
    '',
    table(head, memory),
    '',
    `tasks pause above ${whole(SINK_ROWS_BUFFERED_MAX)} rows; lag counts as zero while nothing waits for more than ${COMMIT_MS} ms`,
    problems.length === 0
      ? `HOLDS: nothing lost, nothing doubled (read_committed by ${outcome.readBy}), memory within its bounds`
      : `DOES NOT HOLD: ${problems.join('; ')}`,
  ].join('\n');
}

export async function outage(options: BenchOptions, _services: Services): Promise<SuiteResult> {
  const measured = await measure(options.rate ?? RATE, options.seconds ?? OUTAGE_SECONDS);
  const problems = problemsOf(measured, promises(measured));
  return {
    figures: { ...measured, growthMiBMax, rowsBufferedMax, problems },
    text: textOf(measured, problems),
    holds: problems.length === 0,
  };
}
