// What a fleet of workers stands on (control path): real servers, the topics with their champion, and the folders of its
// processes. The chaos runs and the bench's suites of faults share it.
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { startClickHouse, type ClickHouseService } from '../../tools/services/clickhouse/server.ts';
import { startKafka, type KafkaService } from '../../tools/services/kafka/broker.ts';
import { startRedis, type RedisService } from '../../tools/services/redis/server.ts';
import { openCodec, openLog } from '../../src/app/compose/adapters.ts';
import { readConfig, type Config } from '../../src/app/settings/config.ts';
import type { ModelManifest } from '../../src/core/reports.ts';
import type { EventLog } from '../../src/ports/event-log.ts';
import type { SchemaCodec } from '../../src/ports/codec.ts';
import { packUpdate } from '../../src/runtime/models/model-update.ts';
import type { ModelUpdateRecord } from '../../src/runtime/records.ts';
import { FakeTelemetry } from '../../src/testing/index.ts';
import type { Topology } from '../../src/topology/define.ts';
import { topicSpecs, topicsOf } from '../../src/topology/topics.ts';
import { championManifest } from './champion-manifest.ts';
import { NO_REFERENCE } from '../../src/stats/drift-reference.ts';

/** Short, so that a worker's death is noticed soon; what a run measures beyond it is Millrace's own time. */
export const SESSION_TIMEOUT_MS = 3_000;
const REGISTRY_FILE = 'schema-registry.json';
/** Subjects whose ids all processes must agree on before any of them runs. */
const SUBJECTS = ['predictions', 'dead-letters', 'late', 'observations', 'drift-reports', 'retraining-jobs'];

export interface SettingOptions {
  readonly topology: Topology;
  /** The module that workers run, with the topology as its default export. */
  readonly topologyFile: string;
  /** Folder of the source's schema. */
  readonly schemas: string;
  /** Champion from the beginning, so that every event meets the same one. */
  readonly model: Uint8Array;
  /** What drift is measured against comes with it; none by default. */
  readonly manifest?: ModelManifest;
}

export interface Setting {
  readonly topologyFile: string;
  readonly kafka: KafkaService;
  readonly redis: RedisService;
  readonly clickhouse: ClickHouseService;
  /** Logs and data of everything but the servers. */
  readonly folder: string;
  readonly codec: SchemaCodec;
  /** Environment of a process with a data folder of its own. */
  environment(name: string): Promise<Record<string, string>>;
  /** The same as a configuration, without servers but those given. */
  config(name: string, servers: Readonly<Record<string, string>>): Promise<Config>;
  /** A plain client, for what is read from outside. */
  client(): Kafka;
  close(keep: boolean): Promise<void>;
}

export function plainClient(brokers: readonly string[]): Kafka {
  return new Kafka({
    brokers: [...brokers],
    clientId: 'fleet',
    logLevel: logLevel.NOTHING,
    connectionTimeout: 1_000,
    requestTimeout: 5_000,
    retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: 5 },
  });
}

export const CHAMPION = 'v1';

/** Makes the topics and promotes the model. */
export async function prepareLog(
  log: EventLog,
  codec: SchemaCodec,
  { topology, model, manifest }: Pick<SettingOptions, 'topology' | 'model' | 'manifest'>,
): Promise<void> {
  await log.ensureTopics(topicSpecs(topology));
  const { modelUpdates } = topicsOf(topology);
  const encoder = await codec.encoder<ModelUpdateRecord>(`${modelUpdates}-value`);
  const given = manifest ?? championManifest(topology, CHAMPION, NO_REFERENCE, model);
  const update = packUpdate(given, model, 'given', 0);
  const value = encoder.encode(update);
  await log.publish(modelUpdates, [{ key: Buffer.from(topology.name), value, timestampMs: Date.now() }]);
}

export async function openSetting(options: SettingOptions): Promise<Setting> {
  const { topology, topologyFile, schemas } = options;
  const folder = await mkdtemp(join(tmpdir(), 'millrace-fleet-'));
  const [kafka, redis, clickhouse] = await Promise.all([
    startKafka(),
    startRedis({ persist: true }),
    startClickHouse(),
  ]);
  const servers = { ...kafka.environment, ...redis.environment, ...clickhouse.environment };
  const own = async (name: string): Promise<Record<string, string>> => {
    const data = join(folder, name);
    await mkdir(data, { recursive: true });
    if (name !== 'harness') await copyFile(join(folder, 'harness', REGISTRY_FILE), join(data, REGISTRY_FILE));
    return {
      MILLRACE_DATA: data,
      MILLRACE_SCHEMAS: schemas,
      // Not the one of the process that starts this: the ids are those of the file.
      MILLRACE_SCHEMA_REGISTRY_URL: '',
      MILLRACE_LOG_LEVEL: 'info',
      MILLRACE_PROVIDERS: 'cpu',
      MILLRACE_SESSION_TIMEOUT_MS: String(SESSION_TIMEOUT_MS),
    };
  };
  const config = readConfig({ ...(await own('harness')), ...kafka.environment });
  const codec = openCodec(config);
  await codec.encoder(`${topology.source.topic}-value`);
  for (const name of SUBJECTS) await codec.encoder(`${topology.name}.${name}-value`);
  const log = await openLog(config, new FakeTelemetry());
  await prepareLog(log, codec, options);
  await log.close();
  return {
    topologyFile,
    kafka,
    redis,
    clickhouse,
    folder,
    codec,
    environment: async (name) => ({ ...(await own(name)), ...servers }),
    config: async (name, given) => readConfig({ ...(await own(name)), ...given }),
    client: () => plainClient(kafka.brokers),
    async close(keep: boolean): Promise<void> {
      await codec.close();
      await Promise.all([kafka, redis, clickhouse].map((service) => service.stop()));
      if (!keep) await rm(folder, { recursive: true, force: true });
    },
  };
}
