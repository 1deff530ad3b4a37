// One topology, running (control path): the engine, the learning loop, the models and the serving port put together.
import { MillraceError } from '../core/errors.ts';
import { SHUTDOWN_MS_MAX } from '../core/limits.ts';
import type { DriftReportRow, ModelManifest } from '../core/reports.ts';
import type { PredictionFeed } from '../ports/prediction-feed.ts';
import { ControlPlane } from '../runtime/control-plane.ts';
import { Engine } from '../runtime/engine.ts';
import { LearningLoop } from '../runtime/learning-loop.ts';
import { ModelFollower } from '../runtime/model-follower.ts';
import { ModelHub } from '../runtime/model-hub.ts';
import type { ModelUpdateRecord, RetrainingJobRecord } from '../runtime/records.ts';
import { defaultTaskSettings, type TaskSettings } from '../runtime/task.ts';
import { TrainingService } from '../runtime/training-service.ts';
import { topicSpecs, topicsOf } from '../topology/topics.ts';
import type { Topology } from '../topology/define.ts';
import type { Adapters } from './adapters.ts';

export interface EngineHost {
  readonly topology: Topology;
  readonly engine: Engine;
  readonly loop: LearningLoop;
  readonly models: ModelHub;
  readonly control: ControlPlane;
  /** Final barrier and commit of every partition, then everything is closed, within SHUTDOWN_MS_MAX. */
  stop(): Promise<void>;
}

/** Makes the topics that are missing and starts everything but the serving port. */
export async function startEngine(
  topology: Topology,
  adapters: Adapters,
  feed: PredictionFeed,
  settings: TaskSettings = defaultTaskSettings,
): Promise<EngineHost> {
  const { log, codec, history, stores, scorers, registry, telemetry } = adapters;
  const nowMs = Date.now;
  const topics = topicsOf(topology);
  await log.ensureTopics(topicSpecs(topology));
  const updates = {
    encoder: await codec.encoder<ModelUpdateRecord>(`${topics.modelUpdates}-value`),
    decoder: await codec.decoder<ModelUpdateRecord>(`${topics.modelUpdates}-value`),
  };
  const loop = new LearningLoop({
    topology,
    topics,
    log,
    history,
    jobs: await codec.encoder<RetrainingJobRecord>(`${topics.retrainingJobs}-value`),
    driftReports: await codec.encoder<DriftReportRow>(`${topics.driftReports}-value`),
    telemetry,
    nowMs,
  });
  const models = new ModelHub();
  const follower = new ModelFollower({
    topology: topology.name,
    width: topology.features?.features.length ?? 0,
    topic: topics.modelUpdates,
    log,
    decoder: updates.decoder,
    scorers,
    hub: models,
    telemetry,
    onUpdate: (update, manifest) => {
      loop.updated(update, manifest);
      if (update.status === 'champion') void recordPromotion(adapters, update, manifest);
    },
  });
  const training = await openTraining(topology, adapters, updates.encoder);
  const control = new ControlPlane(topology.control?.mode ?? 'live', loop, async ({ partition }) => {
    const range = (await log.offsets(topics.source))[partition];
    return range !== undefined && range.high > range.low;
  });
  const engine = new Engine({
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
  });
  await follower.start();
  training?.start();
  await engine.start();
  return {
    topology,
    engine,
    loop,
    models,
    control,
    async stop(): Promise<void> {
      loop.close();
      await engine.stop(SHUTDOWN_MS_MAX);
      follower.close();
      await training?.close();
      await models.close();
    },
  };

  async function openTraining(
    of: Topology,
    { trainer }: Adapters,
    encoder: typeof updates.encoder,
  ): Promise<TrainingService | null> {
    if (of.retraining === undefined) return null;
    if (history === null) {
      telemetry.warn('history is off, so nothing is retrained', {
        mend: 'Install chdb or set MILLRACE_CLICKHOUSE_URL.',
      });
      return null;
    }
    const jobs = await codec.decoder<RetrainingJobRecord>(`${topics.retrainingJobs}-value`);
    const parts = {
      topology: of,
      topics,
      log,
      history,
      registry,
      trainer,
      jobs,
      updates: encoder,
      telemetry,
      nowMs,
    };
    return new TrainingService(parts, of.retraining);
  }
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
