// The demo's flights as a stream of the learning bench (control path): the vectors that it logs, each with its label once the flight
// has landed.
import { defineTopology } from '../../src/index.ts';
import demo from '../../topologies/flights.ts';
import { flightsVectors } from '../jobs/flights.ts';
import type { LearningStream, StreamRows } from './streams.ts';

/** The first six weeks: the whole year takes an hour. */
const ROWS = 40_000;
const EVENTS = 135_000;

export const flightsStream: LearningStream = {
  name: 'flights',
  changes: [],
  topology: () => {
    const { name, source, stages } = demo;
    return defineTopology({ name, source, stages, control: { mode: 'aligned' }, retraining: true });
  },
  rows: flightRows,
};

export async function flightRows(): Promise<StreamRows> {
  const { set } = await flightsVectors(EVENTS);
  if (set.rowCount < ROWS) throw new Error(`${EVENTS} events have ${set.rowCount} flights with labels`);
  return {
    features: set.features.subarray(0, ROWS * set.width),
    labels: set.labels.subarray(0, ROWS),
    timeMs: set.eventTimeMs.subarray(0, ROWS),
    labelMs: set.labelMs.subarray(0, ROWS),
  };
}
