// What all worlds of a run share: the servers, the clients and a registry server (control path).
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import type { Kafka } from 'kafkajs';
import { plainClient } from '../../bench/fleet/setting.ts';
import { startJavaClient } from './clients/java.ts';
import type { LineProcess } from './clients/line-process.ts';
import { startPythonClient } from './clients/python.ts';
import type { Servers } from '../support/find-servers.ts';
import { RegistryServer } from './registry.ts';

export interface Stage {
  readonly servers: Servers;
  /** Makes names unique where several runs share the servers. */
  readonly run: string;
  readonly folder: string;
  readonly kafka: Kafka;
  readonly redis: Redis;
  readonly java: LineProcess;
  readonly python: LineProcess;
  readonly registry: RegistryServer;
  close(): Promise<void>;
}

export async function openStage(servers: Servers): Promise<Stage> {
  const brokers = servers.brokers.split(',');
  const run = `${process.pid.toString(36)}${Date.now().toString(36)}`;
  const java = startJavaClient(servers.brokers);
  const python = startPythonClient(servers.brokers);
  const redis = new Redis(servers.redisUrl);
  const registry = await RegistryServer.start();
  const folder = await mkdtemp(join(tmpdir(), 'millrace-gauntlet-'));
  return {
    servers,
    run,
    folder,
    kafka: plainClient(brokers),
    redis,
    java,
    python,
    registry,
    async close(): Promise<void> {
      await Promise.all([java, python].map((client) => client.close()));
      redis.disconnect();
      await registry.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
