// The serving port of one running engine (control path): dashboard, probes, REST and live predictions.
import type { Audit } from '../../ports/audit.ts';
import { PredictionHub } from '../../serving/sockets/prediction-hub.ts';
import type { AccessControl } from '../../serving/access/access-control.ts';
import { openServing, type Serving } from '../../serving/server.ts';
import type { Topology } from '../../topology/define.ts';
import { targetsOf } from '../../topology/targets.ts';
import type { Adapters } from './adapters.ts';
import type { Config } from '../settings/config.ts';
import type { DashboardSource } from './dashboard-source.ts';
import { servedTargets, sinkChecks, targetImporter, targetModels } from './serve-targets.ts';
import type { TargetHosts } from './target-hosts.ts';
import { openIngest } from './ingest.ts';
import { replayPredictions } from './replay-predictions.ts';
import { featureServices } from './feature-services.ts';
import { servedFeatures } from './served-features.ts';
import { openTlsFiles } from './tls-files.ts';
import { chooseWebServer } from './web-server.ts';

/** Live predictions of a topology; those that memory no longer has are read from the predictions topic. */
export async function openHub(topology: Topology, adapters: Adapters): Promise<PredictionHub> {
  const hub = new PredictionHub({ telemetry: adapters.telemetry, replay: null });
  for (const target of targetsOf(topology)) {
    const { name, source } = target;
    const replay = await replayPredictions(target, adapters, adapters.quarantines.of(name));
    hub.add(name, source.topic, source.partitions, replay);
  }
  return hub;
}

export interface PortParts {
  readonly config: Config;
  readonly adapters: Adapters;
  readonly targets: TargetHosts;
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
  targets,
  hub,
  dashboard,
  audit,
  access,
}: PortParts): Promise<Serving> {
  const { telemetry, log, stores } = adapters;
  const [host] = targets;
  const { topology } = host;
  const tls = await openTlsFiles(config, telemetry);
  const serving: Serving = await openServing({
    openWebServer: await chooseWebServer(telemetry, tls !== null),
    tls,
    port: config.port,
    host: config.host,
    topology: topology.name,
    targets: servedTargets(targets),
    hub,
    telemetry,
    state: (name) => dashboard.state(name),
    checks: {
      log: async () => void (await log.offsets(topology.source.topic)),
      state: () => stores.ping(),
      ...sinkChecks(targets),
    },
    conditions: () => telemetry.conditions(),
    metrics: () => telemetry.text(),
    models: await targetModels(targets, adapters, config, audit),
    importModel: targetImporter(targets, adapters, audit),
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
