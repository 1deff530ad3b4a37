// Will a visitor sign up? The built-in task with the project's own trainer.
import {
  atLeast,
  binary,
  days,
  defineTopology,
  double,
  features,
  hours,
  labels,
  nullable,
  numeric,
  score,
  source,
  string,
  timestamp,
  watermarks,
  type Topology,
} from 'millrace';
import { logistic } from './logistic.ts';

const visits = source('visits', {
  schema: {
    type: string,
    id: string,
    pages: nullable(double),
    seconds: nullable(double),
    signedUp: nullable(double),
    at: timestamp,
  },
  eventTime: 'at',
  partitions: 2,
});

const topology: Topology = defineTopology(visits, {
  name: 'signups',
  stages: [
    watermarks(),
    features({ when: { type: 'visit' }, fields: { pages: numeric('pages'), seconds: numeric('seconds') } }),
    score({ key: 'id' }),
    labels({
      key: 'id',
      when: { type: 'left' },
      task: binary({ column: 'signedUp', positive: atLeast(1) }),
      timeoutMs: hours(6),
    }),
  ],
  control: { everyMs: hours(12), mode: 'aligned' },
  retraining: {
    firstRows: 800,
    everyRows: 1_500,
    cooldownMs: 0,
    windowMs: days(30),
    trainer: logistic({ steps: 200 }),
  },
});

export default topology;
