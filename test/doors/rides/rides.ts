// How many minutes will a ride take? A topology with a learning loop, and with its own task and trainer.
import {
  days,
  defineTopology,
  double,
  features,
  hours,
  labels,
  mean,
  nullable,
  numeric,
  score,
  sliding,
  source,
  string,
  timestamp,
  view,
  watermarks,
  type Topology,
} from 'millrace';
import { leastSquares } from './least-squares.ts';
import { regression } from './regression.ts';

const rides = source('rides', {
  schema: {
    type: string,
    id: string,
    zone: string,
    km: nullable(double),
    minutes: nullable(double),
    at: timestamp,
  },
  eventTime: 'at',
  partitions: 2,
});

const topology: Topology = defineTopology(rides, {
  stages: [
    watermarks(),
    features({
      when: { type: 'started' },
      fields: { km: numeric('km') },
      views: {
        zone: view(['zone'], {
          minutes_6h: mean('minutes', { over: sliding(hours(6)), where: { type: 'ended' } }),
        }),
      },
    }),
    score({ key: 'id', fallback: 15 }),
    labels({
      key: 'id',
      when: { type: 'ended' },
      task: regression({ column: 'minutes', unit: 'min' }),
      timeoutMs: hours(6),
    }),
  ],
  // Partitions wait at each boundary, so that a replay does not depend on its speed.
  control: { everyMs: hours(12), mode: 'aligned' },
  drift: { rowsMin: 200 },
  retraining: {
    firstRows: 800,
    everyRows: 800,
    cooldownMs: 0,
    windowMs: days(4),
    trainer: leastSquares({ ridge: 1e-4 }),
    gate: { tolerance: 0.05 },
  },
});

export default topology;
