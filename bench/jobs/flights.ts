// The demo's topology with a fixed model (control path): every stage, 42 features over five views, no retraining, so
// that every run does the same work.
import type { FlightEvent } from '../../demo/flight-event.ts';
import { loadFlightsDataset } from '../../demo/dataset.ts';
import { replayAtOnce } from '../../demo/replay.ts';
import { defineTopology, type FeatureSpec } from '../../src/index.ts';
import type { LogRecord } from '../../src/ports/event-log.ts';
import type { SchemaCodec } from '../../src/ports/codec.ts';
import demo from '../../topologies/flights.ts';
import { openCodec } from './codec.ts';
import { loggedVectors, type LoggedVectors, TRAINING_EVENTS, trainedModel } from './flights-model.ts';
import type { Job } from './job.ts';

const topology = defineTopology({ name: demo.name, source: demo.source, stages: demo.stages });

async function records(codec: SchemaCodec, count: number): Promise<LogRecord[]> {
  const encoder = await codec.encoder<FlightEvent>('flights-value');
  const keys = new Map<string, Buffer>();
  const made: LogRecord[] = [];
  for (const events of replayAtOnce({ dataset: loadFlightsDataset() })) {
    for (const event of events) {
      if (made.length === count) return made;
      const key = keys.get(event.origin) ?? Buffer.from(event.origin);
      keys.set(event.origin, key);
      made.push({ key, value: encoder.encode(event), timestampMs: event.eventTime });
    }
  }
  return made;
}

export const flights: Job = {
  name: 'flights',
  topology,
  model: () =>
    trainedModel(topology, demo.retraining, async () =>
      records(await openCodec('flights-value'), TRAINING_EVENTS),
    ),
  records,
};

/** The vectors of the first `count` events, with their labels. */
export async function flightsVectors(
  count: number,
): Promise<{ readonly features: readonly FeatureSpec[]; readonly set: LoggedVectors }> {
  const set = await loggedVectors(topology, await records(await openCodec('flights-value'), count));
  return { features: topology.features?.features ?? [], set };
}
