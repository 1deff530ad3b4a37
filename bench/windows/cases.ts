// The windows that are measured, each with the mean of a column (control path).
import {
  calendar,
  days,
  hours,
  lastEvents,
  lifetime,
  mean,
  minutes,
  session,
  shifted,
  sliding,
  tumbling,
  type Aggregate,
  type WindowSpec,
} from '../../src/index.ts';

interface WindowCase {
  readonly over: WindowSpec;
  /** Hours of events that fill it. */
  readonly hours: number;
}

export const windowCases: Readonly<Record<string, WindowCase>> = {
  'sliding, 1 h by panes': { over: sliding(hours(1)), hours: 2 },
  'sliding, 90 d by tiles': { over: sliding(days(90)), hours: 24 * 92 },
  'sliding, 90 d by panes of 1 d': { over: sliding(days(90), days(1)), hours: 24 * 92 },
  'tumbling, 1 h': { over: tumbling(hours(1)), hours: 2 },
  'session, gap 30 min': { over: session(minutes(30)), hours: 2 },
  'last 10 events': { over: lastEvents(10), hours: 2 },
  'last 100 events': { over: lastEvents(100), hours: 10 },
  'calendar day in New York': { over: calendar('day', { zone: 'America/New_York' }), hours: 48 },
  lifetime: { over: lifetime(), hours: 48 },
  'the same hour yesterday': { over: shifted(sliding(hours(1)), days(1)), hours: 50 },
};

export const windowAggregates: Readonly<Record<string, Aggregate>> = Object.fromEntries(
  Object.entries(windowCases).map(([name, { over }]) => [name, mean('v', { over })]),
);
