// The topology of a stream (control path): its features as they come, a label, and nothing of learning but `retraining: true`.
import {
  atLeast,
  binary,
  categorical,
  defineTopology,
  features,
  labels,
  numeric,
  regression,
  score,
  watermarks,
  type Topology,
} from '../../src/index.ts';
import type { StreamSpec } from './streams.ts';

export function streamTopology({ name, features: count, kind, task }: StreamSpec): Topology {
  const field = kind === 'numeric' ? numeric : categorical;
  const fields = Object.fromEntries(Array.from({ length: count }, (_, i) => [`x${i}`, field(`x${i}`)]));
  return defineTopology({
    name,
    source: { topic: name, eventTime: 'time', partitions: 1 },
    stages: [
      watermarks({ allowedLatenessMs: 0 }),
      features('features', { when: {}, fields, views: {} }),
      score('score', { key: 'id' }),
      labels('labels', {
        key: 'id',
        task:
          task === 'regression' ? regression({ column: 'y' }) : binary({ column: 'y', positive: atLeast(1) }),
      }),
    ],
    control: { mode: 'aligned' },
    retraining: true,
  });
}
