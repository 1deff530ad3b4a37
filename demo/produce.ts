// `npm run produce`: the demo's flights into Kafka, as an outside producer sends them (control path).
import type { Config } from '../src/app/settings/config.ts';
import { loadTopology } from '../src/app/compose/load-topology.ts';
import { publish } from '../src/app/compose/publish.ts';
import { FlightSource } from './flight-source.ts';

export interface ProduceOptions {
  readonly fromMs: number | undefined;
  readonly untilMs: number | undefined;
  readonly speedUp: number | 'max';
  readonly topic: string;
}

const TOPOLOGY = new URL('../topologies/flights.ts', import.meta.url);

export async function produce(config: Config, { topic, ...replay }: ProduceOptions): Promise<void> {
  const topology = await loadTopology(TOPOLOGY);
  const toTopic = { ...topology, source: { ...topology.source, topic } };
  await publish(config, toTopic, ({ log, codec }) => new FlightSource({ log, codec, topic, ...replay }));
}
