// `millrace produce`: the demo's flights into Kafka, as an outside producer sends them (control path).
import { MS_PER_SECOND } from '../src/core/time.ts';
import { topicSpecs } from '../src/topology/topics.ts';
import { openAppTelemetry, openCodec, openLog } from '../src/app/compose/adapters.ts';
import type { Config } from '../src/app/settings/config.ts';
import { FlightSource } from './flight-source.ts';
import { loadTopology } from '../src/app/compose/load-topology.ts';
import { showProgress } from '../src/app/cli/progress.ts';
import { untilSignal } from '../src/app/cli/signals.ts';

export interface ProduceOptions {
  readonly fromMs: number | undefined;
  readonly untilMs: number | undefined;
  readonly speedUp: number | 'max';
  readonly topic: string;
}

const TOPOLOGY = new URL('../topologies/flights.ts', import.meta.url);

export async function produce(config: Config, { topic, ...replay }: ProduceOptions): Promise<void> {
  const topology = await loadTopology(TOPOLOGY);
  const specs = topicSpecs({ ...topology, source: { ...topology.source, topic } });
  const log = await openLog(config, await openAppTelemetry(config));
  const codec = openCodec(config);
  try {
    await log.ensureTopics(specs.filter((spec) => spec.topic === topic));
    const source = new FlightSource({ log, codec, topic, ...replay });
    const startedMs = performance.now();
    const total = source.total;
    const progress = showProgress(() => progressLine(source, total));
    const sent = source.run();
    const ending = await Promise.race([sent, untilSignal()]);
    source.stop(); // after a signal, events in flight are sent and no new chunk is started
    await sent;
    progress.stop();
    if (ending !== undefined && 'error' in ending) throw ending.error;
    const seconds = (performance.now() - startedMs) / MS_PER_SECOND;
    process.stdout.write(`${summary(source, topic, seconds)}\n`);
  } finally {
    await codec.close();
    await log.close();
  }
}

function progressLine(source: FlightSource, total: number): string {
  const share = ((100 * source.events) / Math.max(1, total)).toFixed(0);
  const at = Number.isNaN(source.eventTimeMs) ? '' : new Date(source.eventTimeMs).toISOString().slice(0, 16);
  return `${share} %  ${at}  ${source.events} events`;
}

function summary(source: FlightSource, topic: string, seconds: number): string {
  const rate = Math.round(source.events / Math.max(seconds, 1 / MS_PER_SECOND));
  return [
    `topic         ${topic}`,
    `events        ${source.events} in ${seconds.toFixed(1)} s: ${rate} a second`,
    `scheduled     ${source.scheduled}`,
  ].join('\n');
}
