// Publishes the events of a source to Kafka, as a producer outside of the engine does (control path).
import { AvroCodec } from '../../adapters/avro/codec.ts';
import { instantText, MS_PER_SECOND } from '../../core/time.ts';
import type { Topology } from '../../topology/define.ts';
import { topicSpecs } from '../../topology/topics.ts';
import { showProgress } from '../cli/progress.ts';
import { untilSignal } from '../cli/signals.ts';
import type { Config } from '../settings/config.ts';
import { type Adapters, openAppTelemetry, openLog, openSchemas } from './adapters.ts';
import type { ReplaySource } from './replay.ts';

/** Creates the topology's topic if it does not exist, and resolves when all events are in it, or after a signal. */
export async function publish(
  config: Config,
  topology: Topology,
  open: (adapters: Pick<Adapters, 'log' | 'codec' | 'schemas'>) => ReplaySource,
): Promise<void> {
  const { topic } = topology.source;
  const log = await openLog(config, await openAppTelemetry(config));
  const schemas = openSchemas(config);
  const codec = new AvroCodec(schemas);
  try {
    await log.ensureTopics(topicSpecs(topology).filter((spec) => spec.topic === topic));
    const source = open({ log, codec, schemas });
    const startedMs = performance.now();
    const progress = showProgress(() => progressLine(source));
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

function progressLine({ events, total, eventTimeMs }: ReplaySource): string {
  const share = total === null ? '' : `${((100 * events) / Math.max(1, total)).toFixed(0)} %  `;
  const at = Number.isNaN(eventTimeMs) ? '' : instantText(eventTimeMs).slice(0, 16);
  return `${share}${at}  ${events} events`;
}

function summary({ events, scheduled }: ReplaySource, topic: string, seconds: number): string {
  const rate = Math.round(events / Math.max(seconds, 1 / MS_PER_SECOND));
  const lines = [
    `topic         ${topic}`,
    `events        ${events} in ${seconds.toFixed(1)} s: ${rate} a second`,
  ];
  return [...lines, ...(scheduled === null ? [] : [`scheduled     ${scheduled}`])].join('\n');
}
