// The engine of the latency bench with the bare loop beside it (control path): both on the same log, each with a
// WebSocket port of its own. On the log in the process the producer is here too, for both alike.
import { setTimeout as sleep } from 'node:timers/promises';
import { chooseWebServer } from '../../src/app/compose/web-server.ts';
import { feedSink } from '../../src/serving/sockets/feed-sink.ts';
import { PredictionHub } from '../../src/serving/sockets/prediction-hub.ts';
import type { LatencyMs } from '../../src/runtime/task/run-stats.ts';
import type { OpenWebServer, WebServer } from '../../src/ports/web-server.ts';
import { feedHandler } from './feed-handler.ts';
import { argument, heard, tellParent } from '../child.ts';
import { openBenchTelemetry, openEngine, type BenchEngine, type Place } from '../engine/open.ts';
import { openCodec } from '../jobs/codec.ts';
import { logisticModel, standardTopology } from '../jobs/standard.ts';
import { BARE_TOPIC, BareLoop } from './bare-loop.ts';
import type { Schedule } from './schedule.ts';
import { sendAll } from './sender.ts';
import type { Sent } from './sender-process.ts';

export interface LatencyRequest {
  readonly place: Place;
  readonly schedule: Schedule;
}

export type LatencyMessage =
  | {
      readonly kind: 'listening';
      readonly engineUrl: string;
      readonly bareUrl: string;
      readonly server: 'uws' | 'ws';
    }
  | Sent
  | {
      readonly kind: 'commits';
      readonly count: number;
      readonly ms: LatencyMs;
    };

const tell: (message: LatencyMessage) => void = tellParent;

const CLOSE_MS_MAX = 1_000;
const POLL_MS = 20;
const CONNECT_MS = 500;

async function openFeed(hub: PredictionHub, openWebServer: OpenWebServer): Promise<WebServer> {
  return openWebServer({
    port: 0,
    host: '127.0.0.1',
    handler: feedHandler({
      opened: (socket) =>
        hub.subscribe(socket, { topology: 'standard', key: null, after: [], labels: false, sample: false }),
      message: () => undefined,
      closed: (socket) => hub.drop(socket),
    }),
  });
}

/**
 * Resolves when the engine reads all of its partitions: the Kafka client does not like to be asked for more while it
 * connects.
 */
async function reading({ engine, log }: BenchEngine): Promise<void> {
  const partitions = await log.partitionCount('ticks');
  while (engine.positions().length < partitions) await sleep(POLL_MS);
  await sleep(CONNECT_MS);
}

async function main(): Promise<void> {
  const { place, schedule } = argument() as LatencyRequest;
  const topology = standardTopology('id');
  const telemetry = await openBenchTelemetry();
  const hub = new PredictionHub({ telemetry, replay: null });
  hub.add(topology.name, topology.source.topic, topology.source.partitions);
  const model = logisticModel(topology.features?.features.length ?? 0);
  const bench = await openEngine(place, topology, model, [feedSink(hub)]);
  const { partitions } = topology.source;
  await bench.log.ensureTopics([{ topic: BARE_TOPIC, partitions, retentionMs: -1, compacted: false }]);
  await reading(bench);
  const openWebServer = await chooseWebServer(telemetry);
  const server = await openFeed(hub, openWebServer);
  const bare = new BareLoop(bench.log);
  const bareUrl = await bare.start(openWebServer);
  const engineUrl = `ws://127.0.0.1:${server.port}/ws`;
  tell({ kind: 'listening', engineUrl, bareUrl, server: server.kind });
  await heard('begin');
  if (place.brokers === null) {
    const counts = await sendAll(bench.log, await openCodec('ticks-value'), schedule);
    tell({ kind: 'sent', ...counts });
  }
  await heard('end');
  tell({ kind: 'commits', ...bench.telemetry.commits });
  await bare.close();
  await server.close(CLOSE_MS_MAX);
  await bench.close();
  process.exit(0);
}

await main();
