/** A synthetic run for the test of the dashboard: a year of flights with drift in spring, as the runtime would report it. */
import type { Figures } from '../../src/core/reports.ts';
import type {
  DashboardModel,
  DashboardState,
  DriftPoint,
  QualityPoint,
} from '../../src/serving/dashboard-state.ts';
import { atLeast, binary } from '../../src/index.ts';
import { headline } from '../../src/tasks/figures.ts';
import { exampleColumns } from './example-columns.ts';
import { exampleConfusion } from './example-confusion.ts';

const DAY = 86_400_000;
const FROM = Date.UTC(2013, 0, 1);
const features = [
  'origin',
  'carrier',
  'dest',
  'sched_hour',
  'distance',
  'origin_delay_1h',
  'origin_delay_6h',
  'carrier_delay_24h',
  'dest_late_share_6h',
  'route_delay_30d',
  'departures_1h',
  'wind_speed',
  'visibility',
  'precip_3h',
  'temp',
  'score',
];

/** A separate generator, so that every picture is the same. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296;
  };
}

function quality(days: number, next: () => number): QualityPoint[] {
  return Array.from({ length: Math.floor(days / 3) }, (_, i): QualityPoint => {
    const day = (i + 1) * 3;
    const season = 0.07 * Math.sin((day / 365) * 4 * Math.PI - 0.9) + (next() - 0.5) * 0.07;
    const age = Math.max(0, day - 33) / 365;
    const loss = 0.505 + season;
    const auc = 0.7 - season * 0.35 + (next() - 0.5) * 0.03;
    const drifted = 0.05 * Math.sin((day / 365) * 3 * Math.PI) ** 2;
    return {
      atMs: FROM + day * DAY,
      loop: day < 30 ? null : { logLoss: loss, auc, n: 2_600 },
      frozen:
        day < 33
          ? null
          : {
              logLoss: loss + 0.02 + 0.03 * age + drifted,
              auc: auc - 0.02 - 0.05 * age - drifted * 0.5,
              n: 2_600,
            },
    };
  });
}

function drift(days: number, next: () => number): DriftPoint[] {
  const peak: Record<string, number> = {
    temp: 140,
    origin_delay_6h: 185,
    wind_speed: 62,
    precip_3h: 160,
    departures_1h: 240,
    score: 188,
    carrier_delay_24h: 190,
  };
  return Array.from({ length: Math.floor((days - 30) / 4) }, (_, i): DriftPoint => {
    const day = 30 + (i + 1) * 4;
    const psi = features.map((name) => {
      const at = peak[name];
      const bump =
        at === undefined
          ? 0
          : (name === 'temp' ? 0.62 : 0.36) * Math.exp(-(((day - at) / (name === 'temp' ? 34 : 16)) ** 2));
      return day === 34 && name === 'route_delay_30d' ? null : Math.max(0, bump + next() * 0.05);
    });
    return { atMs: FROM + day * DAY, psi, drifted: psi.map((value) => value !== null && value > 0.27) };
  });
}

function models(days: number, next: () => number): DashboardModel[] {
  const reasons = ['drift', 'schedule', 'performance', 'volume'];
  const all: DashboardModel[] = [];
  for (let day = 31, version = 1; day <= days; day += 16 + Math.floor(next() * 10), version++) {
    const rejected = version > 1 && next() < 0.3;
    const logLoss = 0.53 - 0.002 * version + (rejected ? 0.011 : 0);
    const interval = rejected ? '[−0.0021, +0.0094]' : '[+0.0012, +0.0087]';
    const gain = `95 % of bootstrap gains lie in ${interval} nats over 4,812 rows`;
    all.push({
      version: `v${version}`,
      status: rejected ? 'rejected' : 'retired',
      trainedAtMs: FROM + day * DAY,
      figures: { n: 4_812, logLoss, auc: 0.665 + 0.0025 * version - (rejected ? 0.02 : 0) },
      reason: version === 1 ? 'first' : (reasons[version % 4] as string),
      verdict: rejected ? 'rejected' : 'promoted',
      why:
        version === 1
          ? 'First model: better than the fallback score on 4,812 rows.'
          : rejected
            ? `Not clearly better: ${gain}.`
            : `Better than the champion: ${gain}.`,
    });
  }
  const champion = all.findLastIndex(({ verdict }) => verdict === 'promoted');
  return all.map((model, i) => (i === champion ? { ...model, status: 'champion' } : model));
}

const task = binary({ column: 'arrDelay', positive: atLeast(15) });

/** The state after `days` of 2013. */
export function exampleState(days: number, nowMs: number): DashboardState {
  const next = random(7);
  const points = quality(days, next);
  const eventTimeMs = FROM + days * DAY + 6.7 * 3_600_000;
  const wave = random(11);
  const series = Array.from({ length: 180 }, (_, i) => {
    const dip = i === 96 ? 0.55 : 1;
    const p50Ms = 0.9 + wave() * 0.25;
    const eventsPerSecond = (27_500 + 2_600 * Math.sin(i / 9) + wave() * 2_400) * dip;
    return {
      atMs: nowMs - (180 - i) * 1_000,
      eventsPerSecond,
      p50Ms,
      p99Ms: (p50Ms * 2.6 + wave() * 1.1) / dip,
    };
  });
  const latest = series.at(-1);
  return {
    topology: 'flights',
    stages: [
      'flights',
      'contract',
      'dedupe',
      'watermark',
      'by origin',
      'by carrier',
      'by route',
      'weather lookup',
      'features',
      'score',
      'label join',
      'drift',
      'predictions',
    ],
    status: 'replaying',
    speed: 3_600,
    startedMs: nowMs - 184_000,
    eventTimeMs,
    watermarkLagMs: 312_000,
    span: { fromMs: FROM, toMs: Date.UTC(2014, 0, 1) },
    rates: {
      eventsPerSecond: latest?.eventsPerSecond ?? 0,
      predictionsPerSecond: (latest?.eventsPerSecond ?? 0) * 0.33,
    },
    totals: {
      events: 2_812 * days,
      predictions: 922 * days,
      fallbacks: 27_004,
      alerts: 0,
      labels: 897 * days,
      late: 214,
      deadLetters: 3,
    },
    latencyMs: { p50: 0.98, p99: 3.41, p999: 7.92, max: 21.6 },
    partitions: [0, 1, 2, 3].map((partition) => ({
      partition,
      offset: 212_400 + partition * 9_713,
      lag: partition === 2 ? 1_024 : 0,
      watermarkMs: eventTimeMs - 300_000 - partition * 41_000,
      generation: 3,
    })),
    kind: 'labelled',
    alertRate: null,
    output: { low: 0, high: 1 },
    figures: headline(task),
    moreFigures: task.figures.filter((spec) => !spec.headline),
    quality: {
      points,
      loop: { logLoss: 0.5142, auc: 0.6937, prAuc: 0.4613, brier: 0.1689, n: 897 * days - 27_004 },
      frozen: { logLoss: 0.5487, auc: 0.6547, prAuc: 0.4126, brier: 0.1777, n: 897 * days - 27_004 },
      confusion: { loop: exampleConfusion(120), frozen: exampleConfusion(70) },
    },
    drift: { features, points: drift(days, next) },
    models: models(days, next),
    training: {
      reason: 'drift in temp',
      requestedAtMs: eventTimeMs - DAY / 2,
      phase: 'training',
      rows: 184_220,
      progress: 0.62,
    },
    columns: exampleColumns(FROM + days * DAY),
    series,
  };
}

/** The same run for a task with one headline figure, in minutes and unbounded. */
export function exampleRegression(days: number, nowMs: number): DashboardState {
  const state = exampleState(days, nowMs);
  const inMinutes = (figures: Figures | null): Figures | null =>
    figures === null ? null : { n: figures.n, mae: (figures['logLoss'] ?? 0) * 20 };
  const { points, loop, frozen } = state.quality;
  return {
    ...state,
    output: { low: null, high: null },
    figures: [{ name: 'mae', title: 'mean absolute error', better: 'lower', digits: 2, unit: 'min' }],
    quality: {
      points: points.map((point) => ({
        atMs: point.atMs,
        loop: inMinutes(point.loop),
        frozen: inMinutes(point.frozen),
      })),
      loop: inMinutes(loop),
      frozen: inMinutes(frozen),
      confusion: null,
    },
    moreFigures: [],
    models: state.models.map((model) => ({
      ...model,
      figures: inMinutes(model.figures) ?? model.figures,
    })),
  };
}

/** The state of a run that has just started. */
export function exampleStart(nowMs: number): DashboardState {
  const empty = exampleState(0, nowMs);
  return {
    ...empty,
    status: 'starting',
    startedMs: nowMs,
    eventTimeMs: null,
    watermarkLagMs: null,
    rates: { eventsPerSecond: 0, predictionsPerSecond: 0 },
    totals: { events: 0, predictions: 0, fallbacks: 0, alerts: 0, labels: 0, late: 0, deadLetters: 0 },
    latencyMs: null,
    partitions: [],
    quality: { points: [], loop: null, frozen: null, confusion: null },
    drift: { features: [], points: [] },
    columns: [],
    models: [],
    training: null,
    series: [],
  };
}
