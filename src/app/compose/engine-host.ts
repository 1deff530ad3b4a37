// One running topology (control path): composes the engine with its models, control boundaries and retraining.
import { messageOf } from '../../core/errors.ts';
import { SHUTDOWN_MS_MAX } from '../../core/process-limits.ts';
import type { Audit } from '../../ports/audit.ts';
import type { History } from '../../ports/history.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { SinkDefinition } from '../../ports/sink.ts';
import type { ControlLink } from '../../runtime/boundaries/control-link.ts';
import { atStart } from '../../resilience/retries.ts';
import { historySink } from '../../runtime/commit/history-sink.ts';
import { openSinks } from '../../runtime/commit/open-sinks.ts';
import type { Sinks } from '../../runtime/commit/sinks.ts';
import { Engine } from '../../runtime/engine.ts';
import type { EngineParts } from '../../runtime/engine-parts.ts';
import { sharedArchive, type SharedArchiveParts } from '../../runtime/shared-archive.ts';
import type { Artifacts } from '../../runtime/artifacts/artifacts.ts';
import type { ArtifactCollector } from '../../runtime/artifacts/collector.ts';
import type { LearningLoop } from '../../runtime/learning/learning-loop.ts';
import type { TrainingService } from '../../runtime/learning/training-service.ts';
import { modelNeeds } from '../../runtime/models/model-needs.ts';
import { ModelGate } from '../../runtime/models/model-gate.ts';
import type { AuditCopy } from '../../runtime/audit/audit-copy.ts';
import type { ModelFollower } from '../../runtime/models/model-follower.ts';
import type { Tables } from '../../runtime/tables/tables.ts';
import { ModelHub } from '../../runtime/models/model-hub.ts';
import { openParts, startOthers, type Others } from './parts.ts';
import { defaultTaskSettings, type TaskSettings } from '../../runtime/task/task-parts.ts';
import type { Topology } from '../../topology/define.ts';
import { isSensitive } from '../../topology/sensitive-columns.ts';
import type { SourceFormat } from '../../topology/source-format.ts';
import { topicSpecs } from '../../topology/topics.ts';
import { openFormat, type Adapters } from './adapters.ts';
import { startCollector } from './artifact-collector.ts';
import { openAuditCopy } from './audit-copy.ts';
import { openBoundaries, type Boundaries, type ControlScope, type SnapshotTimes } from './boundaries.ts';
import { openFollower } from './models.ts';
import { openTraining } from './training.ts';

export interface HostOptions {
  readonly settings?: TaskSettings;
  readonly control: ControlScope;
  readonly dataFolder: string;
  /** For a target besides the main one: the topology of that, which archives the events and copies the audit log. */
  readonly main?: Topology;
  /** The lookup tables of the topology. */
  readonly tables?: Tables;
  readonly audit: Audit;
  readonly snapshots?: SnapshotTimes;
  /** How long an artifact stays that no update names, ms; null, the default: until an operator removes it. */
  readonly artifactsKeptMs?: number | null;
}

export interface EngineHost {
  readonly topology: Topology;
  readonly engine: Engine;
  /** Those that compute the features of other keys. */
  readonly parts: readonly Engine[];
  readonly loop: LearningLoop;
  readonly models: ModelHub;
  /** Through which every model comes to this engine. */
  readonly gate: ModelGate;
  readonly artifacts: Artifacts;
  readonly control: ControlLink;
  readonly sinks: Sinks;
  /** Rejects if any part cannot continue: the process must end. */
  readonly failure: Promise<never>;
  /**
   * Commits every partition at a final barrier, then closes all parts.
   * @param boundMs for the commits; FINISH_MS_MAX where nothing has asked the process to end. Default: SHUTDOWN_MS_MAX.
   */
  stop(boundMs?: number): Promise<void>;
}

/** Producers find the schema in the registry. */
async function openedFormat(
  topology: Topology,
  { schemas, embedsRegistry }: Adapters,
): Promise<SourceFormat> {
  const format = openFormat(topology, schemas);
  if (embedsRegistry) await format.register();
  return format;
}

/**
 * Creates missing topics and starts everything except the serving port.
 * @param sinks besides history and those of the topology
 */
export async function startEngine(
  declared: Topology,
  adapters: Adapters,
  sinks: readonly SinkDefinition[],
  options: HostOptions,
): Promise<EngineHost> {
  const { log, codec, history, stores, telemetry } = adapters;
  const planned = await openParts(declared, log, telemetry);
  const { main: topology } = planned;
  await atStart(() => log.ensureTopics(topicSpecs(topology)));
  const format = await openedFormat(topology, adapters);
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => undefined); // it may come before anything awaits it
  const { gate, artifacts } = openGate(topology, adapters);
  const follower = await openFollower(
    topology,
    adapters,
    { gate, artifacts },
    (...update) => boundaries.loop.updated(...update),
    failure.reject,
  );
  const audited = { ...adapters, audit: options.audit };
  const copy = await openCopy(options, topology, adapters, failure.reject);
  const training = await openTraining(topology, audited, { follower, gate, artifacts }, failure.reject);
  // Partitions that were added count from their first observation on, also for an engine that has just started.
  const boundaries: Boundaries = await openBoundaries(
    declared,
    adapters,
    follower,
    options.control,
    failure.reject,
    options.snapshots,
  );
  const models = openModels(topology, follower, telemetry);
  const opened = await openAllSinks(topology, adapters, sinks, options.dataFolder);
  const quarantine = adapters.quarantines.of(topology.name);
  const settings = options.settings ?? defaultTaskSettings;
  const personal = isSensitive(topology.source) ? await adapters.personalKeys(topology) : null;
  const common = { log, codec, stores, telemetry, quarantine, personal, nowMs: Date.now, settings };
  const engine = new Engine({
    ...common,
    topology,
    format,
    history,
    sinks: opened,
    hub: models,
    control: boundaries.link,
    ...readOf(options, common, history),
  });
  engine.failure.catch(failure.reject);
  await follower.start(models);
  for (const part of [training, copy, boundaries]) part?.start();
  const others = await startOthers(planned, common, adapters, failure.reject);
  await engine.start();
  const collector = await startCollector(topology, audited, artifacts, engine, options.artifactsKeptMs);
  const started = { boundaries, engine, others, sinks: opened, follower, copy, training, models, collector };
  return {
    topology,
    engine,
    parts: others.parts,
    loop: boundaries.loop,
    models,
    gate,
    artifacts,
    control: boundaries.link,
    sinks: opened,
    failure: failure.promise,
    stop: (boundMs = SHUTDOWN_MS_MAX) => stopAll(started, boundMs),
  };
}

/** What the engine reads besides its topic: a target has the archive of the main one. */
function readOf(
  { main, tables }: HostOptions,
  common: Omit<SharedArchiveParts, 'archive' | 'topology'>,
  history: History,
): Pick<EngineParts, 'archive' | 'tables'> {
  return {
    ...(tables === undefined ? {} : { tables }),
    ...(main?.source.archive === true
      ? { archive: sharedArchive({ ...common, archive: history, topology: main.name }) }
      : {}),
  };
}

/** Null for a target besides the main one, whose audit log is that of the topology. */
async function openCopy(
  { main }: HostOptions,
  { name }: Topology,
  adapters: Adapters,
  failed: (error: Error) => void,
): Promise<AuditCopy | null> {
  return main === undefined ? openAuditCopy(name, adapters, failed) : null;
}

function openGate(topology: Topology, adapters: Adapters): Pick<EngineHost, 'gate' | 'artifacts'> {
  const artifacts = adapters.artifacts(topology);
  const { scorers, modelKeys } = adapters;
  return { gate: new ModelGate(modelNeeds(topology), scorers, modelKeys, { artifacts }), artifacts };
}

function openAllSinks(
  topology: Topology,
  { history, telemetry }: Adapters,
  sinks: readonly SinkDefinition[],
  dataFolder: string,
): Promise<Sinks> {
  const all = [...sinks, historySink(history), ...(topology.sinks ?? [])];
  return openSinks(all, topology, telemetry, dataFolder);
}

interface Started {
  readonly boundaries: Boundaries;
  readonly engine: Engine;
  readonly others: Others;
  readonly sinks: Sinks;
  readonly follower: ModelFollower;
  readonly copy: AuditCopy | null;
  readonly training: TrainingService | null;
  readonly models: ModelHub;
  readonly collector: ArtifactCollector | null;
}

async function stopAll(
  { boundaries, engine, others, sinks, follower, copy, training, models, collector }: Started,
  boundMs: number,
): Promise<void> {
  boundaries.stopDeciding();
  await collector?.close();
  await engine.stop(boundMs);
  await others.stop(boundMs);
  await sinks.close();
  await boundaries.close();
  follower.close();
  copy?.close();
  await training?.close();
  await models.close();
}

function openModels(topology: Topology, follower: ModelFollower, telemetry: Telemetry): ModelHub {
  return new ModelHub(
    topology.control?.mode ?? 'live',
    (version) => follower.load(version),
    (error) => telemetry.warn('a model cannot be unloaded', { why: messageOf(error) }),
  );
}
