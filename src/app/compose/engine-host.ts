// One topology, running (control path): the engine, the learning loop, the models and the trainer put together.
import { MillraceError } from '../../core/errors.ts';
import { SHUTDOWN_MS_MAX } from '../../core/limits.ts';
import type { DriftReportRow, ModelManifest } from '../../core/reports.ts';
import type { PredictionFeed } from '../../ports/prediction-feed.ts';
import { BoundaryRecords } from '../../runtime/boundaries/boundary-output.ts';
import type { ControlLink } from '../../runtime/boundaries/control-link.ts';
import { ControlPlane } from '../../runtime/boundaries/control-plane.ts';
import { DirectPublisher } from '../../runtime/boundaries/direct-publisher.ts';
import { ElectedPublisher } from '../../runtime/boundaries/elected-publisher.ts';
import { Engine } from '../../runtime/engine.ts';
import { FleetControl } from '../../runtime/boundaries/fleet-control.ts';
import { LearningLoop } from '../../runtime/learning/learning-loop.ts';
import { ModelFollower } from '../../runtime/models/model-follower.ts';
import { ModelHub } from '../../runtime/models/model-hub.ts';
import type { ObservationsRecord } from '../../runtime/boundaries/observation-record.ts';
import type { ModelUpdateRecord, RetrainingJobRecord } from '../../runtime/records.ts';
import { defaultTaskSettings, type TaskSettings } from '../../runtime/task/task-parts.ts';
import { TrainingService } from '../../runtime/learning/training-service.ts';
import type { Topology } from '../../topology/define.ts';
import { groupOf, topicSpecs, topicsOf } from '../../topology/topics.ts';
import type { Adapters } from './adapters.ts';

const HISTORY_REMEDY = 'Install chdb or set MILLRACE_CLICKHOUSE_URL.';

export interface HostOptions {
  readonly settings?: TaskSettings;
  /**
   * `fleet`: boundaries are decided from the observations topic, by any number of engines alike, through restarts.
   * `process`: in memory, for an engine that is alone and begins anew each time.
   */
  readonly control: 'fleet' | 'process';
}

export interface EngineHost {
  readonly topology: Topology;
  readonly engine: Engine;
  readonly loop: LearningLoop;
  readonly models: ModelHub;
  readonly control: ControlLink;
  /** Final barrier and commit of every partition, then everything is closed, within SHUTDOWN_MS_MAX. */
  stop(): Promise<void>;
}

/** Makes the topics that are missing and starts everything but the serving port. */
export async function startEngine(
  topology: Topology,
  adapters: Adapters,
  feed: PredictionFeed,
  options: HostOptions,
): Promise<EngineHost> {
  const { log, codec, history, stores, scorers, telemetry } = adapters;
  const nowMs = Date.now;
  const topics = topicsOf(topology);
  await log.ensureTopics(topicSpecs(topology));
  const follower: ModelFollower = new ModelFollower({
    topology: topology.name,
    width: topology.features?.features.length ?? 0,
    topic: topics.modelUpdates,
    log,
    decoder: await codec.decoder<ModelUpdateRecord>(`${topics.modelUpdates}-value`),
    scorers,
    telemetry,
    onUpdate: (update, manifest) => {
      loop.updated(update, manifest);
      if (update.status === 'champion') void recordPromotion(adapters, update, manifest);
    },
  });
  const training = await openTraining(topology, adapters, follower);
  const records = await openRecords(topology, adapters);
  // Other topologies are other processes.
  const isFleet = options.control === 'fleet' || (topology.control?.with ?? []).length > 0;
  const elected = isFleet
    ? openElected(topology, adapters, records, follower, () => fleet?.offsetNext ?? 0)
    : null;
  const publisher = elected ?? new DirectPublisher(log, records);
  const loop: LearningLoop = new LearningLoop({
    topology,
    history,
    publisher,
    telemetry,
    nowMs,
    outcome: (version) => follower.outcome(version),
    promoted: () => follower.promoted(),
  });
  const mode = topology.control?.mode ?? 'live';
  const models = new ModelHub(mode, (version) => follower.load(version));
  const fleet: FleetControl | null = isFleet ? await openFleet(topology, adapters, loop) : null;
  const control: ControlLink =
    fleet ??
    new ControlPlane(mode, loop, async ({ partition }) => {
      const range = (await log.offsets(topics.source))[partition];
      return range !== undefined && range.high > range.low;
    });
  const settings = options.settings ?? defaultTaskSettings;
  const parts = {
    topology,
    log,
    codec,
    stores,
    history,
    feed,
    hub: models,
    control,
    telemetry,
    nowMs,
    settings,
  };
  if (history === null && topology.source.archive === true)
    telemetry.warn('history is off, so the source is not archived', { remedy: HISTORY_REMEDY });
  const engine = new Engine(parts);
  history?.describeFeatures(topology.name, topology.features?.features.map(({ name }) => name) ?? []);
  await follower.start(models);
  training?.start();
  fleet?.start();
  if (topology.control !== undefined) elected?.start();
  await engine.start();
  return {
    topology,
    engine,
    loop,
    models,
    control,
    async stop(): Promise<void> {
      loop.close();
      fleet?.close();
      await engine.stop(SHUTDOWN_MS_MAX);
      await publisher.close();
      follower.close();
      await training?.close();
      await models.close();
    },
  };
}

async function openFleet(
  topology: Topology,
  { log, codec, history, telemetry }: Adapters,
  keeper: LearningLoop,
): Promise<FleetControl> {
  const topic = topicsOf(topology).observations;
  return new FleetControl({
    source: topology.source,
    topic,
    others: topology.control?.with ?? [],
    mode: topology.control?.mode ?? 'live',
    log,
    encoder: await codec.encoder<ObservationsRecord>(`${topic}-value`),
    decoder: await codec.decoder<ObservationsRecord>(`${topic}-value`),
    keeper,
    history,
    telemetry,
    nowMs: Date.now,
  });
}

async function openRecords(
  topology: Topology,
  { codec, history, telemetry }: Adapters,
): Promise<BoundaryRecords> {
  const topics = topicsOf(topology);
  return new BoundaryRecords({
    topology: topology.name,
    topics,
    jobs: await codec.encoder<RetrainingJobRecord>(`${topics.retrainingJobs}-value`),
    driftReports: await codec.encoder<DriftReportRow>(`${topics.driftReports}-value`),
    history,
    telemetry,
    nowMs: Date.now,
  });
}

function openElected(
  topology: Topology,
  { log, history, telemetry }: Adapters,
  records: BoundaryRecords,
  follower: ModelFollower,
  readTo: () => number,
): ElectedPublisher {
  return new ElectedPublisher({
    groupId: `${groupOf(topology.name)}.control`,
    topic: topicsOf(topology).observations,
    log,
    history,
    records,
    isDecided: (version) => follower.outcome(version) !== null,
    readTo,
    telemetry,
  });
}

async function openTraining(
  topology: Topology,
  { log, codec, history, registry, trainer, telemetry }: Adapters,
  follower: ModelFollower,
): Promise<TrainingService | null> {
  if (topology.retraining === undefined) return null;
  if (history === null) {
    telemetry.warn('history is off, so nothing is retrained', {
      remedy: HISTORY_REMEDY,
    });
    return null;
  }
  const topics = topicsOf(topology);
  return new TrainingService(
    {
      topology,
      topics,
      log,
      history,
      registry,
      trainer,
      jobs: await codec.decoder<RetrainingJobRecord>(`${topics.retrainingJobs}-value`),
      updates: await codec.encoder<ModelUpdateRecord>(`${topics.modelUpdates}-value`),
      telemetry,
      nowMs: Date.now,
      isDecided: (version) => follower.outcome(version) !== null,
      champion: (version) => follower.model(version),
    },
    topology.retraining,
  );
}

/** The registry learns who is champion; the one before retires. */
async function recordPromotion(
  { registry, telemetry }: Adapters,
  update: ModelUpdateRecord,
  manifest: ModelManifest | null,
): Promise<void> {
  try {
    for (const known of await registry.list(update.topology)) {
      if (known.status === 'champion' && known.version !== update.version) {
        await registry.setStatus(update.topology, known.version, 'retired', update.atMs);
      }
    }
    await registry.setStatus(update.topology, update.version, 'champion', update.atMs);
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error;
    // A registry folder of another machine: the event carries the model, so scoring goes on.
    telemetry.warn('the registry does not know the champion', {
      version: manifest?.version ?? update.version,
    });
  }
}
