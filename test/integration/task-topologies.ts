// Topologies that learn from one stream of rides: how many minutes one takes, in which range, and with which kind of car.
import {
  defineTopology,
  double,
  features,
  hours,
  json,
  labels,
  mlp,
  multiclass,
  nullable,
  numeric,
  regression,
  score,
  source,
  string,
  timestamp,
  watermarks,
  type Source,
  type Task,
  type Topology,
} from '../../src/index.ts';
import type { Row } from '../../src/testing/index.ts';

/** Levels of the quantiles. */
export const RANGE: readonly number[] = [0.1, 0.5, 0.9];
export const KINDS: readonly string[] = ['sedan', 'van', 'truck'];

/** What is predicted: a value, one with quantiles, a class, or a value whose labels are corrected and withdrawn. */
export type RideTask = 'minutes' | 'range' | 'kind' | 'corrected';

export function ridesSource(topic: string, partitions: number): Source {
  return source(topic, {
    schema: {
      type: string,
      id: string,
      km: nullable(double),
      load: nullable(double),
      minutes: nullable(double),
      kind: nullable(string),
      at: timestamp,
    },
    eventTime: 'at',
    format: json(),
    partitions,
  });
}

/** @param topic of the rides; the topology has its name with that of the task */
export function rideTopology(topic: string, task: RideTask): Topology {
  const rides = ridesSource(topic, 1);
  const tasks: Record<typeof task, Task<'minutes: number'> | Task<'kind: any'>> = {
    minutes: regression({ column: 'minutes', unit: 'min', low: 0, loss: { huber: 10 } }),
    range: regression({ column: 'minutes', unit: 'min', low: 0, quantiles: RANGE }),
    kind: multiclass({ column: 'kind', classes: KINDS }),
    corrected: regression({ column: 'minutes', unit: 'min', low: 0 }),
  };
  return defineTopology(rides, {
    name: `${topic}-${task}`,
    stages: [
      watermarks(),
      features({ when: { type: 'started' }, fields: { km: numeric('km'), load: numeric('load') } }),
      score({ key: 'id' }),
      labels({
        key: 'id',
        when: { type: task === 'corrected' ? ['ended', 'measured'] : 'ended' },
        task: tasks[task] as Task<'minutes: number'>,
        timeoutMs: hours(6),
        ...(task === 'corrected' ? { correctedWithinMs: hours(5), withdrawn: { type: 'voided' } } : {}),
      }),
    ],
    predictions: { format: task === 'minutes' ? 'json' : 'avro' },
    control: { everyMs: hours(4), mode: 'aligned' },
    retraining: {
      trainer: mlp({ hidden: [8], steps: 60, warmSteps: 20 }),
      firstRows: 200,
      everyRows: 5_000,
      onErrorDrift: false,
      driftedFeatures: null,
    },
  });
}

/** A ride every two minutes; of each ten the first is measured again after three hours, and the second voided; one of 40 is with a kind of car that the topology does not know. */
export function rideEvents(rides: number): Row[] {
  let state = 7;
  const draw = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296;
  };
  const rows: Row[] = [];
  for (let i = 0; i < rides; i += 1) {
    const at = Date.UTC(2024, 0, 1) + i * 120_000;
    const [km, load] = [1 + 19 * draw(), draw()];
    const taken = 600 + 2 * km + 30 * load + draw();
    const known = load + 0.1 * draw() < 0.4 ? 'sedan' : km < 12 ? 'van' : 'truck';
    const kind = i % 40 === 39 ? 'bicycle' : known;
    rows.push({ type: 'started', id: String(i), km, load, at });
    rows.push({ type: 'ended', id: String(i), minutes: taken, kind, at: at + 60_000 });
    const before = String(i - 90);
    if (i >= 90 && i % 10 === 0)
      rows.push({ type: 'measured', id: before, minutes: 550 + 100 * draw(), at: at + 90_000 });
    if (i >= 90 && i % 10 === 1) rows.push({ type: 'voided', id: before, at: at + 90_000 });
  }
  return rows;
}
