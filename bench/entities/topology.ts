// Eight features of a card, or four of it and four of its merchant, whose events are in all partitions (control path): which
// of them, the environment says.
import {
  count,
  defineTopology,
  double,
  features,
  hours,
  json,
  max,
  mean,
  minutes,
  numeric,
  score,
  sliding,
  source,
  std,
  string,
  timestamp,
  view,
  watermarks,
  type Topology,
} from 'millrace';

const hasSecond = process.env['BENCH_ENTITIES'] === '2';
const hour = { over: sliding(hours(1)) };
const tenMinutes = { over: sliding(minutes(10)) };

const payments = source('payments', {
  schema: { id: string, card: string, merchant: string, amount: double, at: timestamp },
  eventTime: 'at',
  format: json(),
  partitions: 4,
  key: 'card',
});

const four = (over: typeof hour) => ({
  count: count(over),
  mean: mean('amount', over),
  std: std('amount', over),
  max: max('amount', over),
});

const topology: Topology = defineTopology(payments, {
  name: hasSecond ? 'two-entities' : 'one-entity',
  stages: [
    watermarks({ allowedLatenessMs: minutes(1) }),
    features({
      fields: { amount: numeric('amount') },
      views: {
        card: view(['card'], four(hour)),
        other: view([hasSecond ? 'merchant' : 'card'], four(tenMinutes)),
      },
    }),
    score({ key: 'id', fallback: 0.5 }),
  ],
});

export default topology;
