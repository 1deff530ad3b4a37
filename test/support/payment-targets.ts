// A topology with two targets: whether a payment is fraud, and how much of it is lost (for tests).
import {
  binary,
  count,
  days,
  defineTopology,
  double,
  features,
  hours,
  labels,
  nullable,
  numeric,
  profile,
  regression,
  score,
  sliding,
  source,
  string,
  timestamp,
  view,
  type Columns,
  type FeaturesStage,
  type LabelsStage,
  type LearningOptions,
  type ScoreStage,
  type SourceOptions,
  type Stage,
  type Topology,
} from '../../src/index.ts';

export const schema: Columns = {
  type: string,
  id: string,
  card: string,
  merchant: string,
  amount: nullable(double),
  fraud: nullable(double),
  loss: nullable(double),
  at: timestamp,
};
const over = sliding(hours(1));
export const vector: FeaturesStage = features({
  when: { type: 'payment' },
  fields: { amount: numeric('amount') },
  views: { card: view(['card'], { n: count({ over }) }) },
  services: { small: ['amount'] },
});
export const fraud: ScoreStage = score('fraud', { key: 'id', service: 'small' });
export const loss: ScoreStage = score('loss', { key: 'id' });
export const ofFraud: LabelsStage = labels('frauds', {
  target: 'fraud',
  key: 'id',
  when: { type: 'fraud' },
  task: binary({ column: 'fraud' }),
});
export const ofLoss: LabelsStage = labels('losses', {
  target: 'loss',
  key: 'id',
  when: { type: 'loss' },
  task: regression({ column: 'loss', low: 0 }),
});

export interface Parts {
  readonly stages?: readonly Stage[];
  readonly source?: Partial<SourceOptions>;
  readonly learning?: LearningOptions & { readonly targets?: object };
}

export function topologyOf({
  stages,
  source: more = {},
  learning = { retraining: true },
}: Parts = {}): Topology {
  return defineTopology({
    name: 'payments',
    source: { ...source('payments', { schema, eventTime: 'at', partitions: 4 }), ...more },
    stages: stages ?? [profile({ everyMs: days(1) }), vector, fraud, ofFraud, loss, ofLoss],
    ...(learning as LearningOptions), // some definitions here are wrong
  });
}
