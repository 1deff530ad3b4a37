// What the chaos runs compute: every kind of stage, over four partitions, with views of the source's key and of others, and
// trainings in which several trainers compete. `millrace run test/chaos/topology.ts`
import { join } from 'node:path';
import {
  atLeast,
  binary,
  bins,
  categorical,
  contract,
  count,
  days,
  dedupe,
  defineTopology,
  derive,
  external,
  features,
  fresh,
  gbdt,
  hours,
  labels,
  logistic,
  mean,
  minutes,
  numeric,
  oneOf,
  range,
  repartition,
  required,
  score,
  sliding,
  sum,
  view,
  watermarks,
  type RetrainingOptions,
  type Topology,
} from '../../src/index.ts';

/** So many that each partition of their hop has some. */
const SHELVES = Array.from({ length: 20 }, (_, i) => (i + 1) * 50);
/** Every ten seconds of a run, as partitions wait for each other there. */
const CONTROL_MS = hours(12);
/** Short trainings: one in the shortest run, and in a long one not so many that it does little else. */
const ROWS_MAX = 1_500;
const EVERY_ROWS = 200;
const COOLDOWN_MS = days(2);
/**
 * Labels are drawn, so no model is better than the champion, whose scores are near one half; and none may be by luck. What a
 * partition scored before its state was lost is scored again by the model that it has now, which must be the same.
 */
const PROVEN = 0.999_999;

const retraining: RetrainingOptions = {
  everyRows: EVERY_ROWS,
  cooldownMs: COOLDOWN_MS,
  // The events drift all the time.
  driftedFeatures: null,
  onErrorDrift: false,
  rowsMax: ROWS_MAX,
  trainers: [
    logistic(),
    gbdt({ rounds: 20, leavesMax: 8 }),
    external({ command: [process.execPath, join(import.meta.dirname, 'trainer.ts')] }),
  ],
  gate: { confidence: PROVEN, tolerance: 0 },
};

const over = sliding(hours(1));
const where = { type: 'order' };

/** @param source with a key, the features of users and shelves come by hops, and models are trained; without, they are in the process itself, and none is */
export function chaosTopology(source: { readonly partitions: number; readonly key?: string }): Topology {
  return defineTopology({
    name: 'orders',
    source: { topic: 'orders', eventTime: 'at', archive: true, ...source },
    stages: [
      contract('contract', [
        required('user', { where }),
        oneOf('type', ['order', 'payment', 'withdrawn']),
        range('amount', 0, 1_000, { otherwise: { default: null } }),
        fresh({ aheadMs: hours(1) }),
      ]),
      dedupe('dedupe', { by: ['event'], withinMs: hours(1) }),
      // No source is ever idle: idleness goes by the clock, which two runs cannot share.
      watermarks('watermarks', { allowedLatenessMs: minutes(5) }),
      repartition('by-user', { key: ['user'], partitions: 3, withoutKey: 'pass' }),
      derive('shelf', { shelf: bins('amount', SHELVES) }),
      features('features', {
        when: where,
        fields: { amount: numeric('amount'), user: categorical('user') },
        views: {
          user: view(['user'], {
            orders_1h: count({ over, where }),
            amount_1h: mean('amount', { over, where, clip: [0, 500] }),
          }),
          order: view(['id'], { events_1h: count({ over }) }),
          shelf: view(['shelf'], { orders_1h: count({ over, where }), amount_1h: sum('amount', { over }) }),
          habit: view(['user', 'shelf'], { orders_1h: count({ over, where }) }),
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
    // Aligned, so that what is decided depends on the events alone.
    control: { everyMs: CONTROL_MS, mode: 'aligned' },
    retraining: source.key === undefined ? false : retraining,
    drift: { intervals: 12, rowsMin: 100, falseDiscoveryRate: 0.05, psiFloor: 0.1 },
  });
}

const topology: Topology = chaosTopology({ partitions: 4, key: 'id' });

export default topology;
