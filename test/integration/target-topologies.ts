// Topologies over the rides of task-topologies.ts: the class of the car and the minutes of a ride as two targets of one topology,
// and each as a topology of its own.
import {
  defineTopology,
  features,
  hours,
  labels,
  mlp,
  multiclass,
  numeric,
  regression,
  score,
  watermarks,
  type RetrainingOptions,
  type Stage,
  type Topology,
} from '../../src/index.ts';
import { KINDS, ridesSource } from './task-topologies.ts';

/** Both targets, or one of them alone. */
export type RideTargets = 'both' | 'kind' | 'minutes';

const trainer = mlp({ hidden: [8], steps: 60, warmSteps: 20 });
const common = { everyRows: 5_000, onErrorDrift: false, driftedFeatures: null, trainer };
const retraining: Record<'kind' | 'minutes', RetrainingOptions> = {
  kind: { ...common, firstRows: 200 },
  minutes: { ...common, firstRows: 160, gate: { confidence: 0.8 } },
};

const stages: Record<'kind' | 'minutes', readonly Stage[]> = {
  kind: [
    score('kind', { key: 'id', service: 'load' }),
    labels('kinds', {
      target: 'kind',
      key: 'id',
      when: { type: 'ended' },
      task: multiclass({ column: 'kind', classes: KINDS }),
      timeoutMs: hours(6),
    }),
  ],
  minutes: [
    score('minutes', { key: 'id' }),
    labels('times', {
      target: 'minutes',
      key: 'id',
      when: { type: 'ended' },
      task: regression({ column: 'minutes', unit: 'min', low: 0, loss: { huber: 10 } }),
      timeoutMs: hours(6),
    }),
  ],
};

/** @param topic of the rides; the topology has its name with that of the targets */
export function rideTargets(topic: string, which: RideTargets, partitions = 1): Topology {
  const shared = [
    watermarks(),
    features({
      when: { type: 'started' },
      fields: { km: numeric('km'), load: numeric('load') },
      services: { load: ['load', 'km'] },
    }),
  ];
  const definition = {
    name: `${topic}-${which}`,
    source: ridesSource(topic, partitions),
    control: { everyMs: hours(4), mode: 'aligned' },
    predictions: { format: 'avro' },
  } as const;
  if (which !== 'both')
    return defineTopology({
      ...definition,
      stages: [...shared, ...stages[which]],
      retraining: retraining[which],
    });
  return defineTopology({
    ...definition,
    stages: [...shared, ...stages.kind, ...stages.minutes],
    targets: { kind: { retraining: retraining.kind }, minutes: { retraining: retraining.minutes } },
  });
}
