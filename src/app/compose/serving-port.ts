// The serving port of one running engine (control path): dashboard, probes, REST and live predictions.
import type { Audit } from '../../ports/audit.ts';
import { PredictionHub } from '../../serving/sockets/prediction-hub.ts';
import type { AccessControl } from '../../serving/access/access-control.ts';
import { openServing, type Serving } from '../../serving/server.ts';
import type { Topology } from '../../topology/define.ts';
import type { Adapters } from './adapters.ts';
import type { Config } from '../settings/config.ts';
import type { DashboardSource } from './dashboard-source.ts';
import type { EngineHost } from './engine-host.ts';
import { openIngest } from './ingest.ts';
import { modelCommands } from './model-commands.ts';
import { modelImporter } from './model-importer.ts';
import { replayPredictions } from './replay-predictions.ts';
import { featureServices } from './feature-services.ts';
import { servedFeatures } from './served-features.ts';
import { openTlsFiles } from './tls-files.ts';
import { chooseWebServer } from './web-server.ts';

/** Live predictions of a topology; those that memory no longer has are read from the predictions topic. */
export async function openHub(topology: Topology, adapters: Adapters): Promise<PredictionHub> {
  const replay = await replayPredictions(topology, adapters, adapters.quarantines.of(topology.name));
  const hub = new PredictionHub({ telemetry: adapters.telemetry, replay });
  hub.add(topology.name, topology.source.topic, topology.source.partitions);
  return hub;
}

export interface PortParts {
  readonly config: Config;
  readonly adapters: Adapters;
  readonly host: EngineHost;
  readonly hub: PredictionHub;
  readonly dashboard: DashboardSource;
  readonly audit: Audit;
  /** Closed with the port. */
  readonly access: AccessControl;
}

/** Opens the port. @throws PORT_UNAVAILABLE */
export async function openPort({
  config,
  adapters,
  host,
  hub,
  dashboard,
  audit,
  access,
}: PortParts): Promise<Serving> {
  const { telemetry, log, stores } = adapters;
  const { topology } = host;
  const tls = await openTlsFiles(config, telemetry);
  const serving: Serving = await openServing({
    openWebServer: await chooseWebServer(telemetry, tls !== null),
    tls,
    port: config.port,
    host: config.host,
    topology: topology.name,
    hub,
    telemetry,
    state: () => dashboard.state(),
    checks: {
      log: async () => void (await log.offsets(topology.source.topic)),
      state: () => stores.ping(),
      ...host.sinks.checks(),
    },
    conditions: () => telemetry.conditions(),
    metrics: () => telemetry.text(),
    models: await modelCommands(topology, {
      ...adapters,
      gate: host.gate,
      artifacts: host.artifacts,
      waitMs: config.promotionWaitMs,
      isRunning: () => Promise.resolve(true),
      audit,
    }),
    importModel: modelImporter(topology, adapters, audit),
    features: servedFeatures(topology, adapters),
    featureServices: featureServices(topology, stores),
    ingest: openIngest(
      topology,
      adapters,
      () => serving.port,
      () => dashboard.status === 'replaying',
    ),
    access,
    hosts: config.hosts ?? [],
    origins: config.origins ?? [],
    limits: {
      requestsPerSecond: config.requestsPerSecond,
      connectionsPerAddress: config.connectionsPerAddress,
    },
    routes: topology.routes ?? [],
  });
  return serving;
}
