// The only place where adapters are chosen (control path): a server if one is configured, else the embedded one.
import { join, resolve } from 'node:path';
import { AvroCodec } from '../../adapters/avro/codec.ts';
import { avro } from '../../adapters/avro/format.ts';
import { json } from '../../adapters/json/format.ts';
import { protobuf } from '../../adapters/protobuf/format.ts';
import { ProjectSchemas } from '../../adapters/schemas/project-schemas.ts';
import type { KafkaLogOptions, Membership } from '../../adapters/kafka/client/options.ts';
import { openTelemetry, type PromTelemetry } from '../../adapters/metrics/telemetry.ts';
import { OnnxScorers } from '../../adapters/onnx/scorer-factory.ts';
import { type DamagedVersion, FileModelRegistry } from '../../adapters/registry/file-model-registry.ts';
import type { CandidateRunner } from '../../learning/candidate.ts';
import type { SchemaCodec } from '../../ports/codec.ts';
import type { EventLog } from '../../ports/event-log.ts';
import type { History } from '../../ports/history.ts';
import type { ModelRegistry } from '../../ports/model-registry.ts';
import type { Schemas } from '../../ports/schemas.ts';
import type { StateStores } from '../../ports/state-store.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { atStart } from '../../resilience/retries.ts';
import type { Artifacts } from '../../runtime/artifacts/artifacts.ts';
import type { ModelKeys } from '../../runtime/models/model-keys.ts';
import { Quarantines } from '../../runtime/quarantine/quarantines.ts';
import type { Topology } from '../../topology/define.ts';
import type { SourceOptions } from '../../topology/source.ts';
import { SourceFormat } from '../../topology/source-format.ts';
import type { Config } from '../settings/config.ts';
import { providers as providersSetting } from '../settings/engine.ts';
import { TrainingThreads } from '../training/training-threads.ts';
import type { SqliteStateStores } from '../../adapters/embedded/state-store.ts';
import type { PersonalKeys } from '../../runtime/personal/protection.ts';
import { kafkaCredentials, serverAccess } from './credentials.ts';
import { checkArtifacts, openArtifacts } from './artifacts.ts';
import { makeDataFolder } from './data-folder.ts';
import { openPersonalKeys } from './personal-keys.ts';
import { openModelKeys } from './model-keys.ts';

/** Where history is stored: on a server, in ClickHouse's engine within the process, or in a SQLite file. */
export type HistoryEngine = 'ClickHouse' | 'chdb' | 'SQLite';

export interface Adapters {
  readonly log: EventLog;
  readonly schemas: Schemas;
  /** Whether the schema registry is the embedded one. */
  readonly embedsRegistry: boolean;
  readonly codec: SchemaCodec;
  readonly stores: StateStores;
  readonly history: History;
  readonly historyEngine: HistoryEngine;
  readonly registry: ModelRegistry;
  /** Those of a topology. */
  readonly artifacts: (topology: Topology) => Artifacts;
  readonly modelKeys: ModelKeys;
  readonly scorers: OnnxScorers;
  readonly candidates: CandidateRunner;
  readonly telemetry: PromTelemetry;
  readonly quarantines: Quarantines;
  /** Of a topology whose source has sensitive columns. */
  readonly personalKeys: (topology: Topology) => Promise<PersonalKeys>;
  close(): Promise<void>;
}

export interface OpenOptions {
  /**
   * Whether the embedded log keeps the topics of events in memory, which is faster and does not survive the process: for
   * a process that is its own producer.
   */
  readonly eventsInMemory: boolean;
  /** Called when the process joins a Kafka group. */
  readonly joined?: (membership: Membership) => void;
}

/** Whether some part of the process is in the data folder, which has one process at a time. */
export function isEmbedded({ brokers, redisUrl, clickhouseUrl }: Config): boolean {
  return brokers === null || redisUrl === null || clickhouseUrl === null;
}

function isEventTopic(topic: string): boolean {
  return !/\.(retraining-jobs|model-updates|artifacts|drift-reports|audit|api-keys)$/.test(topic);
}

export async function openLog(
  config: Config,
  telemetry: Telemetry,
  { eventsInMemory, joined }: OpenOptions = { eventsInMemory: false },
): Promise<EventLog> {
  if (config.brokers === null) {
    await makeDataFolder(config.dataFolder);
    const { EmbeddedLog } = await import('../../adapters/embedded/log.ts');
    const inMemory = eventsInMemory ? isEventTopic : (): boolean => false;
    return new EmbeddedLog({ path: join(config.dataFolder, 'log.db'), inMemory, telemetry });
  }
  const { KafkaEventLog } = await import('../../adapters/kafka/event-log.ts');
  const options = kafkaOptions(config, config.brokers, telemetry);
  return new KafkaEventLog(joined === undefined ? options : { ...options, joined }, telemetry);
}

export function kafkaOptions(
  config: Config,
  brokers: readonly string[],
  telemetry: Telemetry,
): KafkaLogOptions {
  const { sessionTimeoutMs } = config;
  return { brokers, ...kafkaCredentials(config, telemetry), sessionTimeoutMs };
}

/** The format of a topology's source: Avro unless it names another. A registry may have schemas in each language. */
export function openFormat({ source }: Topology, schemas: Schemas): SourceFormat {
  return formatOf(source, schemas);
}

/** The same for any topic. */
export function formatOf(source: SourceOptions, schemas: Schemas): SourceFormat {
  return new SourceFormat(source, schemas, avro(), [avro(), json(), protobuf()]);
}

export function openSchemas(config: Config, telemetry: Telemetry | null = null): Schemas {
  const { registryUrl: url, schemaFolder, dataFolder } = config;
  const access = url === null ? {} : { access: serverAccess(config, 'registry', url, telemetry) };
  return new ProjectSchemas({
    registry: { url, ...access, file: join(dataFolder, 'schema-registry.json'), telemetry },
    schemaFolders: [schemaFolder ?? resolve('schemas')],
  });
}

export function openCodec(config: Config): SchemaCodec {
  return new AvroCodec(openSchemas(config));
}

export async function openStores(config: Config, telemetry: Telemetry): Promise<StateStores> {
  if (config.redisUrl === null) {
    const { SqliteStateStores } = await import('../../adapters/embedded/state-store.ts');
    return new SqliteStateStores({ path: join(config.dataFolder, 'state.db'), telemetry });
  }
  const { redisStateStores } = await import('../../adapters/redis/state-stores.ts');
  const access = serverAccess(config, 'redis', config.redisUrl, telemetry);
  return redisStateStores({ url: config.redisUrl, access, telemetry });
}

/** State in a file of its own, whatever the live one is in. */
export async function openStateFile(folder: string, telemetry: Telemetry): Promise<SqliteStateStores> {
  await makeDataFolder(folder);
  const { SqliteStateStores: Stores } = await import('../../adapters/embedded/state-store.ts');
  return new Stores({ path: join(folder, 'state.db'), telemetry });
}

/** ClickHouse if one is configured, else chdb if it is installed and loads, else SQLite. */
export async function openHistory(
  config: Config,
  telemetry: Telemetry,
): Promise<{ readonly history: History; readonly historyEngine: HistoryEngine }> {
  const { openHistory: open } = await import('../../adapters/clickhouse/history.ts');
  const { clickhouseUrl: url, dataFolder } = config;
  const path = join(dataFolder, 'history');
  if (url !== null) {
    const access = serverAccess(config, 'clickhouse', url, telemetry);
    return { history: await open({ url, access, path, telemetry }), historyEngine: 'ClickHouse' };
  }
  const { loadChdb } = await import('../../adapters/clickhouse/chdb-database.ts');
  const chdb = await loadChdb();
  if (chdb.loaded !== null) {
    const { loaded } = chdb;
    return { history: await open({ url, path, telemetry, chdb: async () => loaded }), historyEngine: 'chdb' };
  }
  if (chdb.isInstalled) telemetry.warn('chdb cannot be loaded; SQLite keeps the history', { why: chdb.why });
  const { SqliteHistory } = await import('../../adapters/embedded/history.ts');
  return { history: new SqliteHistory({ path: join(dataFolder, 'history.db') }), historyEngine: 'SQLite' };
}

/** Warns about a missing GPU only if the settings ask for one. */
export async function openScorers({ providers }: Config, telemetry: Telemetry): Promise<OnnxScorers> {
  const scorers = await OnnxScorers.open({ providers });
  const { inUse, refused } = scorers.report;
  const level = providers.join() === providersSetting.defaultText ? 'info' : 'warn';
  for (const { provider, why } of refused)
    telemetry[level]('an execution provider is not available', { provider, why });
  telemetry.info('models run on an execution provider', { provider: inUse });
  return scorers;
}

/** @param damaged called for a version whose files are damaged: lists leave it out */
export function openRegistry(config: Config, damaged: DamagedVersion): ModelRegistry {
  return new FileModelRegistry(join(config.dataFolder, 'models'), damaged);
}

export function openAppTelemetry(config: Config): Promise<PromTelemetry> {
  return openTelemetry({ level: config.logLevel, pretty: process.stderr.isTTY, strict: false });
}

/** Opens all adapters; if one fails, those opened before it are closed. */
export async function openAdapters(config: Config, options: OpenOptions): Promise<Adapters> {
  await makeDataFolder(config.dataFolder);
  const modelKeys = openModelKeys(config);
  await checkArtifacts(config);
  const telemetry = await openAppTelemetry(config);
  const opened: Array<{ close(): Promise<void> }> = [];
  const keep = <T extends { close(): Promise<void> }>(part: T): T => {
    opened.push(part);
    return part;
  };
  const closeAll = async (): Promise<void> => {
    // A failure must not keep the others open.
    const failures: unknown[] = [];
    for (const part of opened.splice(0).reverse()) {
      await part.close().catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  };
  try {
    const log = keep(await openLog(config, telemetry, options));
    const schemas = openSchemas(config, telemetry);
    const codec = keep(new AvroCodec(schemas));
    const quarantines = keep(new Quarantines({ log, codec, telemetry, nowMs: Date.now }));
    const stores = keep(await openStores(config, telemetry));
    await atStart(async () => {
      await stores.ping();
      await stores.verify();
    });
    const { history, historyEngine } = await atStart(() => openHistory(config, telemetry));
    keep(history);
    const scorers = keep(await openScorers(config, telemetry));
    const candidates = keep(new TrainingThreads());
    const registry = openRegistry(config, ({ what, where = '' }, topology) => {
      const file = { topic: where, partition: null, offset: null, value: null };
      quarantines.of(topology).add({ ...file, reason: 'malformed', detail: what });
    });
    return {
      log,
      schemas,
      embedsRegistry: config.registryUrl === null,
      codec,
      stores,
      history,
      historyEngine,
      registry,
      artifacts: (topology) =>
        openArtifacts(topology, config, { log, quarantine: quarantines.of(topology.name), telemetry }),
      modelKeys,
      scorers,
      candidates,
      telemetry,
      quarantines,
      personalKeys: (topology) => openPersonalKeys(topology, config),
      close: closeAll,
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}
