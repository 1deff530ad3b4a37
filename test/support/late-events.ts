// Events that arrive out of order within the allowed lateness, what windows over them must hold, and the topology.
import {
  count,
  defineTopology,
  double,
  features,
  hours,
  last,
  max,
  minutes,
  score,
  sliding,
  source,
  string,
  sum,
  timestamp,
  tumbling,
  view,
  watermarks,
  type Topology,
} from '../../src/index.ts';

export const LATENESS_MS: number = minutes(10);
export const PANE_MS: number = minutes(5);
export const SIZE_MS: number = hours(1);

export interface LateEvent {
  readonly id: string;
  readonly card: string;
  readonly amount: number;
  readonly at: number;
}

const hour = sliding(SIZE_MS, PANE_MS);
/** A window of an hour in panes of five minutes, and the same in consecutive windows of five minutes. */
export const lateTopology: Topology = defineTopology(
  source('payments', {
    schema: { id: string, card: string, amount: double, at: timestamp },
    eventTime: 'at',
  }),
  {
    stages: [
      watermarks({ allowedLatenessMs: LATENESS_MS }),
      features({
        views: {
          card: view(['card'], {
            count: count({ over: hour }),
            sum: sum('amount', { over: hour }),
            max: max('amount', { over: hour }),
            last: last('amount', { over: hour }),
            before: count({ over: tumbling(PANE_MS) }),
          }),
        },
      }),
      score({ key: 'id', fallback: 0.5 }),
    ],
  },
);

/** Events that are not late, in the order in which they arrive, each with its offset. */
export function admitted(events: readonly LateEvent[]): Array<LateEvent & { readonly offset: number }> {
  let watermarkMs = Number.NEGATIVE_INFINITY;
  return events
    .map((event, offset) => ({ ...event, offset }))
    .filter(({ at }) => {
      watermarkMs = Math.max(watermarkMs, at);
      return at + LATENESS_MS >= watermarkMs;
    });
}

/** Features of each admitted event by the documented meaning: what had arrived, in panes up to that of the event. */
export function expectedFeatures(events: readonly LateEvent[]): Array<Record<string, number>> {
  const paneOf = (at: number): number => Math.floor(at / PANE_MS);
  const all = admitted(events);
  return all.map((event, i) => {
    const pane = paneOf(event.at);
    const arrived = all.slice(0, i + 1).filter(({ card }) => card === event.card);
    const seen = arrived.filter(({ at }) => paneOf(at) <= pane && paneOf(at) > pane - SIZE_MS / PANE_MS);
    const amounts = seen.map(({ amount }) => amount);
    const newest = seen.reduce((latest, other) => (other.at >= latest.at ? other : latest));
    return {
      'card.count': seen.length,
      'card.sum': amounts.reduce((total, amount) => total + amount, 0),
      'card.max': Math.max(...amounts),
      'card.last': newest.amount,
      'card.before': arrived.filter(({ at }) => paneOf(at) === pane - 1).length,
    };
  });
}
