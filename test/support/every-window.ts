// A topology with every aggregate and every kind of window, and events of a few busy keys, some of them late (for tests).
import * as m from '../../src/index.ts';
import { Random } from '../../src/stats/random.ts';

const { calendar, days, hours, lastEvents, minutes, session, shifted, sliding } = m;

const windows = {
  sliding: sliding(hours(1)),
  hopping: m.hopping(hours(2), minutes(30)),
  tumbling: m.tumbling(hours(1)),
  offset: m.tumbling(hours(1), { offset: minutes(10) }),
  session: session(minutes(5), { max: minutes(40) }),
  last: lastEvents(7),
  recent: lastEvents(5, { within: hours(2) }),
  day: calendar('day', { zone: 'America/New_York' }),
  hour: calendar('hour', { zone: 'Asia/Kolkata' }),
  yesterday: calendar('day', { zone: 'America/New_York', back: 1 }),
  ago: shifted(sliding(hours(1), minutes(20)), hours(5)),
  tiles: sliding(days(90)),
  lifetime: m.lifetime(),
};

type Windows = Readonly<Record<string, m.WindowSpec>>;

/** One aggregate after the other, each over the next window. */
const perWindow = Object.values(windows as Windows);
let nth = 0;
const next = (): { readonly over: m.WindowSpec } => ({
  over: perWindow[nth++ % perWindow.length] ?? windows.day,
});

const aggregates: Readonly<Record<string, m.Aggregate | m.AggregateVector>> = {
  count: m.count(next()),
  rate: m.rate(next()),
  sum: m.sum('amount', next()),
  mean: m.mean('amount', next()),
  variance: m.variance('amount', next()),
  std: m.std('amount', next()),
  skewness: m.skewness('amount', next()),
  kurtosis: m.kurtosis('amount', next()),
  min: m.min('amount', next()),
  max: m.max('amount', next()),
  first: m.first('amount', next()),
  firstCategory: m.firstCategory('merchant', next()),
  last: m.last('amount', next()),
  lastCategory: m.lastCategory('merchant', next()),
  share: m.share('amount', m.above(50), next()),
  ewma: m.ewma('amount', { ...next(), halfLifeMs: minutes(20) }),
  decayedSum: m.decayedSum('amount', { ...next(), halfLifeMs: minutes(20) }),
  decayedCount: m.decayedCount({ ...next(), halfLifeMs: minutes(20) }),
  trend: m.trend('amount', next()),
  timeSinceLast: m.timeSinceLast(next()),
  interArrivalMean: m.interArrivalMean(next()),
  interArrivalStd: m.interArrivalStd(next()),
  distinct: m.distinct('merchant', next()),
  entropy: m.entropy('merchant', next()),
  quantiles: m.quantiles('amount', { ...next(), at: { p50: 0.5, p90: 0.9 } }),
  histogram: m.histogram('amount', { ...next(), bins: [20, 50] }),
  topK: m.topK('merchant', { ...next(), k: 2 }),
  lastK: m.lastK('amount', { ...next(), k: 2 }),
  lastKCategories: m.lastKCategories('merchant', { ...next(), k: 2 }),
  distinctLastK: m.distinctLastK('amount', { ...next(), k: 2 }),
  distinctLastKCategories: m.distinctLastKCategories('merchant', { ...next(), k: 2 }),
  byMerchant: m.mean('amount', { ...next(), bucketBy: 'merchant', buckets: ['m1', 'm2'] }),
  topMerchants: m.quantiles('amount', {
    ...next(),
    at: { p50: 0.5 },
    bucketBy: 'merchant',
    buckets: { top: 2 },
  }),
};

/** The mean over each window, and its events of a merchant. */
const overEach = Object.fromEntries(
  Object.entries(windows as Windows).flatMap(([name, over]) => [
    [`mean_${name}`, m.mean('amount', { over })],
    [`m1_${name}`, m.count({ over, where: { merchant: 'm1' } })],
  ]),
);

export interface WindowEvent {
  readonly id: string;
  readonly card: string;
  readonly merchant: string | null;
  readonly amount: number;
  readonly at: number;
}

const LATENESS_MS = minutes(10);

export const everyWindow: m.Topology = m.defineTopology(
  m.source('payments', {
    schema: {
      id: m.string,
      card: m.string,
      merchant: m.nullable(m.string),
      amount: m.double,
      at: m.timestamp,
    },
    eventTime: 'at',
    format: m.json(),
    partitions: 1,
  }),
  {
    stages: [
      m.watermarks({ allowedLatenessMs: LATENESS_MS, allowedAheadMs: Number.POSITIVE_INFINITY }),
      m.features({ views: { card: m.view(['card'], { ...aggregates, ...overEach }) } }),
      m.score({ key: 'id', fallback: 0.5 }),
    ],
  },
) as m.Topology; // of whatever columns

/** Events over two days, the clock of New York changed between them. */
export function windowEvents(count: number): WindowEvent[] {
  const random = new Random(5);
  let nowMs = Date.UTC(2026, 2, 7, 14);
  return Array.from({ length: count }, (_, i) => {
    nowMs += Math.round(random.nextDouble() ** 4 * minutes(12));
    const merchant = random.nextInt(5);
    return {
      id: `e${i}`,
      card: `c${Math.floor(random.nextDouble() ** 2 * 4)}`,
      merchant: merchant === 0 ? null : `m${merchant}`,
      amount: random.nextInt(10_000) / 100,
      at: nowMs - random.nextInt(1.1 * LATENESS_MS),
    };
  });
}
