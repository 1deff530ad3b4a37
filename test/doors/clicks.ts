// A topology over events whose distribution and labels change halfway (for tests of drift detection).
import {
  atLeast,
  binary,
  categorical,
  defineTopology,
  double,
  features,
  hours,
  labels,
  minutes,
  numeric,
  score,
  source,
  string,
  timestamp,
  watermarks,
  type DriftOptions,
  type Topology,
} from 'millrace';
import { fakeScorer, TopologyDriver, type Row } from 'millrace/testing';

const clicks = source('clicks', {
  schema: { type: string, id: string, page: string, depth: double, bought: double, at: timestamp },
  eventTime: 'at',
});

export function clicksTopology(drift: Pick<DriftOptions, 'statistics' | 'detectors'>): Topology {
  return defineTopology(clicks, {
    stages: [
      watermarks(),
      features({ when: { type: 'click' }, fields: { page: categorical('page'), depth: numeric('depth') } }),
      score({ key: 'id' }),
      labels({ key: 'id', when: { type: 'sale' }, task: binary({ column: 'bought', positive: atLeast(1) }) }),
    ],
    control: { everyMs: hours(24), mode: 'live' },
    drift: { intervals: 1, rowsMin: 100, falseDiscoveryRate: 0.05, psiFloor: 0.2, ...drift },
  });
}

/** Two days of clicks, one per minute, labelled a minute later, with another distribution on the second day. */
function day(nth: 0 | 1, from: number): Row[] {
  return Array.from({ length: 1_400 }, (_, i) => {
    const at = hours(24 * from) + minutes(i);
    const id = `${from}-${i}`;
    const draw = ((i * 7_919) % 1_000) / 1_000;
    const page = nth === 0 ? (draw < 0.5 ? 'home' : 'shop') : draw < 0.9 ? 'home' : 'shop';
    const bought = nth === 0 ? (draw < 0.1 ? 1 : 0) : draw < 0.7 ? 1 : 0;
    return [
      { type: 'click', id, page, depth: draw * 10 + 3 * nth, at },
      { type: 'sale', id, bought, at: at + minutes(0.5) },
    ];
  }).flat();
}

/** The second day has the distribution of the champion's training set, the third does not. */
export async function drive(drift: Pick<DriftOptions, 'statistics' | 'detectors'>): Promise<TopologyDriver> {
  const driver = new TopologyDriver(clicksTopology(drift));
  const model = fakeScorer('v1', 2, () => 0.1);
  await driver.send(day(0, 0));
  await driver.barrier(model);
  await driver.send(day(0, 1));
  await driver.send(day(1, 2));
  await driver.send(day(1, 3));
  return driver;
}
