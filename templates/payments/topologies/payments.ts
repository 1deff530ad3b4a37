// Will this payment be disputed? Scored at once, from what its card and its merchant did before.
import {
  binary,
  boolean,
  categorical,
  contract,
  count,
  days,
  defineTopology,
  double,
  enumeration,
  features,
  hours,
  labels,
  mean,
  minutes,
  mlp,
  nullable,
  numeric,
  range,
  required,
  score,
  sliding,
  source,
  string,
  timestamp,
  view,
  watermarks,
} from 'millrace';

const payments = source('payments', {
  schema: {
    type: enumeration(['payment', 'settled']),
    id: string,
    card: string,
    merchant: string,
    amount: double,
    disputed: nullable(boolean),
    at: timestamp,
  },
  eventTime: 'at',
});

const payment = { type: 'payment' };
const settled = { type: 'settled' };

export default defineTopology(payments, {
  stages: [
    // What breaks a rule goes to the topic payments.dead-letters.
    contract([required('card'), range('amount', 0, 50_000)]),
    watermarks({ allowedLatenessMs: minutes(1) }),
    features({
      when: payment,
      fields: { amount: numeric('amount'), merchant: categorical('merchant') },
      views: {
        card: view(['card'], {
          payments_1h: count({ over: sliding(hours(1)), where: payment }),
          payments_7d: count({ over: sliding(days(7)), where: payment }),
          amount_7d: mean('amount', { over: sliding(days(7)), where: payment }),
        }),
      },
    }),
    score({ key: 'id' }),
    labels({
      key: 'id',
      when: settled,
      task: binary({ column: 'disputed' }),
      timeoutMs: days(30),
    }),
  ],
  // Once a day of event time: drift and quality are measured, and a training is decided. `aligned` makes a replay
  // repeatable; leave it out where events arrive live.
  control: { everyMs: days(1), mode: 'aligned' },
  // For a sample of 1,000 payments; `retraining: true` has defaults for more.
  retraining: { firstRows: 500, everyRows: 350, trainer: mlp({ steps: 600 }) },
});
