// Card fraud: will the holder of the card dispute this payment? Scored at once, on what the card, the merchant, the device
// and their pairs did before. Whether they do is known weeks later.
import {
  atLeast,
  binary,
  categorical,
  contract,
  count,
  days,
  dedupe,
  defineTopology,
  distinct,
  divide,
  double,
  enumeration,
  features,
  haversine,
  hours,
  labels,
  lastK,
  less,
  log1p,
  mean,
  minutes,
  nullable,
  numeric,
  range,
  score,
  share,
  sliding,
  source,
  string,
  timeSinceLast,
  timestamp,
  view,
  watermarks,
  type Topology,
} from 'millrace';

const events = source('cards', {
  schema: {
    type: enumeration(['payment', 'chargeback', 'settled']),
    /** Of the payment. */
    id: string,
    card: string,
    merchant: string,
    category: string,
    /** What the payment was made with. */
    device: string,
    /** Euros. */
    amount: double,
    lat: double,
    lon: double,
    /** Of a chargeback 1, of a settlement 0. */
    disputed: nullable(double),
    at: timestamp,
  },
  eventTime: 'at',
  key: 'card', // what producers key their records by: merchants and devices are in all partitions
});

const payment = { type: 'payment' };
const chargeback = { type: 'chargeback' };
const closed = { type: ['chargeback', 'settled'] };
const hour = { over: sliding(hours(1)), where: payment };
const day = { over: sliding(days(1)), where: payment };
const week = { over: sliding(days(7), hours(12)), where: payment };
const month = sliding(days(30), days(1));

const cards: Topology = defineTopology(events, {
  stages: [
    contract([range('amount', 0.01, 50_000), range('lat', -90, 90), range('lon', -180, 180)]),
    dedupe({ by: ['type', 'id'], withinMs: days(1) }),
    watermarks({ allowedLatenessMs: minutes(5) }),
    features({
      when: payment,
      fields: {
        amount: numeric('amount'),
        category: categorical('category'),
        lat: numeric('lat'),
        lon: numeric('lon'),
      },
      views: {
        card: view(['card'], {
          payments_1h: count(hour),
          payments_1d: count(day),
          small_1h: count({ over: hour.over, where: less('amount', 3) }),
          amount_7d: mean('amount', week),
          merchants_1d: distinct('merchant', day),
          devices_7d: distinct('device', week),
          since: timeSinceLast(week),
          lat: lastK('lat', { ...week, k: 2 }),
          lon: lastK('lon', { ...week, k: 2 }),
        }),
        merchant: view(['merchant'], {
          payments_1h: count(hour),
          amount_7d: mean('amount', week),
          disputed_30d: share('disputed', atLeast(1), { over: month, where: closed }),
        }),
        device: view(['device'], {
          payments_1h: count(hour),
          cards_7d: distinct('card', week),
          chargebacks_30d: count({ over: month, where: chargeback }),
        }),
        card_merchant: view(['card', 'merchant'], { payments_30d: count({ over: month, where: payment }) }),
        card_device: view(['card', 'device'], { payments_30d: count({ over: month, where: payment }) }),
      },
      derived: {
        amount_over_mean: log1p(divide('amount', 'card.amount_7d')),
        amount_over_usual: log1p(divide('amount', 'merchant.amount_7d')),
        km: haversine('card.lat_2', 'card.lon_2', 'lat', 'lon'),
        km_per_second: divide(haversine('card.lat_2', 'card.lon_2', 'lat', 'lon'), 'card.since'),
      },
    }),
    score({ key: 'id' }),
    labels({
      key: 'id',
      when: closed,
      task: binary({ column: 'disputed', positive: atLeast(1) }),
      timeoutMs: days(30),
    }),
  ],
  control: { everyMs: days(1), mode: 'aligned' },
  retraining: true,
});

export default cards;
