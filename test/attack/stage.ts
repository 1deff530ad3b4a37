// What one attack stands on: a topology of its own on real servers, keys for its port, a signed champion, and the engine's
// process on one web adapter.
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Kafka, Producer } from 'kafkajs';
import { plainClient, prepareLog } from '../../bench/fleet/setting.ts';
import { Worker } from '../../bench/fleet/worker.ts';
import { openCodec, openFormat, openLog, openSchemas } from '../../src/app/compose/adapters.ts';
import { readConfig } from '../../src/app/settings/config.ts';
import type { Topology } from '../../src/index.ts';
import type { SchemaCodec } from '../../src/ports/codec.ts';
import type { EventLog } from '../../src/ports/event-log.ts';
import type { EventEncoder } from '../../src/ports/format.ts';
import { ModelKeys } from '../../src/runtime/models/model-keys.ts';
import { FakeTelemetry } from '../../src/testing/index.ts';
import { apiKeysTopic } from '../../src/topology/topics.ts';
import { fixedManifest, fixedModel } from '../chaos/model.ts';
import type { Servers } from '../support/find-servers.ts';
import { makeSecrets, TOKEN, withPassword, type Secrets } from './canaries.ts';
import { makeCredentials, type Credentials } from './credentials.ts';
import { openTokenIssuer } from './token-issuer.ts';
import { attackedTopology } from './topology.ts';
import { startOf, type WebAdapter } from './web-adapters.ts';

export interface Stage {
  readonly adapter: WebAdapter;
  readonly servers: Servers;
  readonly topology: Topology;
  readonly topologyFile: string;
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly credentials: Credentials;
  readonly secrets: Secrets;
  readonly engine: Worker;
  readonly kafka: Kafka;
  /** Writes what the engine never wrote. */
  readonly forger: Producer;
  readonly log: EventLog;
  readonly codec: SchemaCodec;
  /** Of the source. */
  readonly events: EventEncoder;
  close(keep: boolean): Promise<void>;
}

const topologyFile = join(import.meta.dirname, 'topology.ts');

/** Variables of the process that starts the attack, which the engine must not take over. */
function foreignVariables(): Record<string, string> {
  const names = Object.keys(process.env).filter((name) => /^(MILLRACE_|TAP)/.test(name));
  return { ...Object.fromEntries(names.map((name) => [name, ''])), NODE_OPTIONS: '' };
}

/** Of the engine, whose services take any password. */
function environmentOf(servers: Servers, data: string, secrets: Secrets): Record<string, string> {
  return {
    MILLRACE_KAFKA_BROKERS: servers.brokers,
    MILLRACE_REDIS_URL: withPassword(servers.redisUrl, ''),
    MILLRACE_CLICKHOUSE_URL: withPassword(servers.clickhouseUrl, 'ann'),
    MILLRACE_DATA: data,
    MILLRACE_PROVIDERS: 'cpu',
    MILLRACE_LOG_LEVEL: 'debug',
    ...secrets.environment,
  };
}

export async function openStage(servers: Servers, adapter: WebAdapter): Promise<Stage> {
  const name = `attacked-${adapter}-${process.pid.toString(36)}${Date.now().toString(36)}`;
  const topology = attackedTopology(name);
  const folder = await mkdtemp(join(tmpdir(), 'millrace-attack-'));
  const data = join(folder, 'data');
  await mkdir(data);
  const issuer = await openTokenIssuer(name);
  const credentials = makeCredentials(name, TOKEN, issuer.tokens);
  const secrets = makeSecrets(credentials.byVisitor.values());
  const environment = environmentOf(servers, data, secrets);
  const config = readConfig(environment);
  const log = await openLog(config, new FakeTelemetry());
  const codec = openCodec(config);
  const events = await openFormat(topology, openSchemas(config)).encoder();
  const model = fixedModel(topology.features?.features.length ?? 0);
  const manifest = new ModelKeys([], secrets.signing).sign(fixedManifest(topology));
  await prepareLog(log, codec, { topology, model, manifest });
  await log.publish(
    apiKeysTopic(name),
    credentials.records.map((record) => ({ ...record, timestampMs: Date.now() })),
  );
  const kafka = plainClient(servers.brokers.split(','));
  const forger = kafka.producer();
  await forger.connect();
  const { command, environment: own } = startOf(adapter);
  const all = { ...foreignVariables(), ...environment, ...issuer.environment, ...own, ATTACK_TOPOLOGY: name };
  const setting = { folder, topologyFile, environment: () => Promise.resolve(all) };
  const engine = await Worker.open(setting, 'engine', { command });
  return {
    adapter,
    servers,
    topology,
    topologyFile,
    folder,
    environment: all,
    credentials,
    secrets,
    engine,
    kafka,
    forger,
    log,
    codec,
    events,
    async close(keep: boolean): Promise<void> {
      await engine.end('SIGKILL');
      await forger.disconnect();
      await codec.close();
      await log.close();
      issuer.close();
      if (!keep) await rm(folder, { recursive: true, force: true, maxRetries: 10 });
    },
  };
}
