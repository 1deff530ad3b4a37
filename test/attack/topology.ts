// What an attacked engine runs: `millrace run` with ATTACK_TOPOLOGY as its name. Every topic of the engine's own is in use:
// sensitive columns need data keys, labels and drift the learning loop.
import {
  above,
  binary,
  contract,
  count,
  defineTopology,
  double,
  features,
  hours,
  labels,
  minutes,
  numeric,
  range,
  score,
  sliding,
  source,
  string,
  timestamp,
  view,
  watermarks,
  type Topology,
} from '../../src/index.ts';

export const PARTITIONS = 2;
/** Of amounts: what is above is a dead letter. */
const AMOUNT_MAX = 1_000;

export function attackedTopology(name: string): Topology {
  const events = source(name, {
    schema: { id: string, card: string, holder: string, amount: double, at: timestamp },
    eventTime: 'at',
    partitions: PARTITIONS,
    sensitive: { card: 'hash', holder: 'encrypt' },
    entity: 'card',
  });
  return defineTopology(events, {
    name,
    stages: [
      contract([range('amount', 0, AMOUNT_MAX)]),
      watermarks({ allowedLatenessMs: minutes(5) }),
      features({
        fields: { amount: numeric('amount') },
        views: { card: view(['card'], { events_1h: count({ over: sliding(hours(1)) }) }) },
      }),
      score({ key: 'id', fallback: 0.25 }),
      labels({ key: 'id', task: binary({ column: 'amount', positive: above(500) }) }),
    ],
    control: { everyMs: hours(1), mode: 'live' },
    drift: { intervals: 12, rowsMin: 100 },
  });
}

const topology: Topology = attackedTopology(process.env['ATTACK_TOPOLOGY'] ?? 'attacked');

export default topology;
