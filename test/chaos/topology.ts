// What the chaos runs compute: every kind of stage, over four partitions. `millrace run test/chaos/topology.ts`
import {
  atLeast,
  binary,
  categorical,
  contract,
  count,
  dedupe,
  defineTopology,
  features,
  fresh,
  hours,
  labels,
  mean,
  minutes,
  numeric,
  oneOf,
  range,
  repartition,
  required,
  score,
  sliding,
  view,
  watermarks,
  type Topology,
} from '../../src/index.ts';

const topology: Topology = defineTopology({
  name: 'orders',
  source: { topic: 'orders', eventTime: 'at', partitions: 4, archive: true },
  stages: [
    contract('contract', [
      required('user', { where: { type: 'order' } }),
      oneOf('type', ['order', 'payment', 'withdrawn']),
      range('amount', 0, 1_000, { otherwise: { default: null } }),
      fresh({ aheadMs: hours(1) }),
    ]),
    dedupe('dedupe', { by: ['event'], withinMs: hours(1) }),
    // Idleness goes by the clock, which two runs cannot share: here no source is idle.
    watermarks('watermarks', { allowedLatenessMs: minutes(5), idleAfterMs: hours(24) }),
    repartition('by-user', { key: ['user'], partitions: 3, withoutKey: 'pass' }),
    features('features', {
      when: { type: 'order' },
      fields: { amount: numeric('amount'), user: categorical('user') },
      views: {
        user: view(['user'], {
          orders_1h: count({ over: sliding(hours(1)), where: { type: 'order' } }),
          amount_1h: mean('amount', { over: sliding(hours(1)), where: { type: 'order' }, clip: [0, 500] }),
        }),
      },
    }),
    score('score', { key: 'id', fallback: 0.25 }),
    labels('labels', {
      key: 'id',
      when: { type: 'payment' },
      task: binary({ column: 'paid', positive: atLeast(1) }),
      never: { type: 'withdrawn' },
      timeoutMs: hours(2),
    }),
  ],
  control: { everyMs: hours(1), mode: 'live' },
  drift: { intervals: 12, rowsMin: 100, falseDiscoveryRate: 0.05, psiFloor: 0.1 },
});

export default topology;
