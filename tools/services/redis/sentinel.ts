/** A Redis primary with a replica, watched by three real Sentinels on 127.0.0.1. Control path. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { ensureCommand } from '../install.ts';
import { pickPort } from '../ports.ts';
import { prepareDataDir, startService, type Service } from '../service.ts';
import { startRedis, type RedisService } from './server.ts';

const SENTINELS = 3;
const QUORUM = 2;
const PRIMARY = 'main';
const DOWN_MS = 700;
const FAILOVER_MS = 3_000;
const READY_MS_MAX = 30_000;

export interface RedisSentinelService {
  /** redis+sentinel:// with all Sentinels and the name of the primary. */
  readonly url: string;
  /** The primary at the start, and its replica. */
  readonly servers: readonly [RedisService, RedisService];
  stop(): Promise<void>;
}

/** @param password of the Sentinels; none by default */
export async function startRedisSentinel(password: string | null = null): Promise<RedisSentinelService> {
  const primary = await startRedis({ args: ['--repl-diskless-sync-delay', '0'] });
  const replica = await startRedis({ args: ['--replicaof', '127.0.0.1', String(primary.port)] });
  const running: Service[] = [primary, replica];
  const stop = async (): Promise<void> => {
    await Promise.all(running.map((service) => service.stop()));
  };
  try {
    for (let i = 0; i < SENTINELS; i++) running.push(await startSentinel(primary.port, password));
    const ports = running.slice(2).map(({ port }) => port);
    for (const port of ports) await untilItSeesAll(port, password);
    const hosts = ports.map((port) => `127.0.0.1:${port}`).join(',');
    return { url: `redis+sentinel://${hosts}/${PRIMARY}`, servers: [primary, replica], stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startSentinel(primaryPort: number, password: string | null): Promise<Service> {
  const command = ensureCommand('redis-server', 'redis-server', 'Redis');
  const port = await pickPort();
  const { dataDir, scratch } = prepareDataDir('sentinel', undefined);
  const config = join(dataDir, 'sentinel.conf');
  const lines = [
    `port ${port}`,
    'bind 127.0.0.1',
    `dir ${dataDir}`,
    `sentinel monitor ${PRIMARY} 127.0.0.1 ${primaryPort} ${QUORUM}`,
    `sentinel down-after-milliseconds ${PRIMARY} ${DOWN_MS}`,
    `sentinel failover-timeout ${PRIMARY} ${FAILOVER_MS}`,
    ...(password === null ? [] : [`requirepass ${password}`, `sentinel sentinel-pass ${password}`]),
  ];
  writeFileSync(config, `${lines.join('\n')}\n`);
  return startService({
    name: 'sentinel',
    port,
    dataDir,
    scratch,
    environment: {},
    command,
    args: [config, '--sentinel'],
    check: () => ask(port, password).then(() => undefined),
  });
}

/** What a Sentinel knows of the primary. */
async function ask(port: number, password: string | null): Promise<string> {
  const client = new Redis(port, '127.0.0.1', {
    ...(password === null ? {} : { password }),
    lazyConnect: true,
    retryStrategy: () => null,
  });
  client.on('error', () => {}); // connect() rejects with the same error
  try {
    await client.connect();
    return JSON.stringify(await client.call('SENTINEL', 'MASTER', PRIMARY));
  } finally {
    client.disconnect();
  }
}

async function untilItSeesAll(port: number, password: string | null): Promise<void> {
  const deadline = Date.now() + READY_MS_MAX;
  const wanted = ['"num-slaves","1"', `"num-other-sentinels","${SENTINELS - 1}"`];
  for (;;) {
    const known = await ask(port, password);
    if (wanted.every((text) => known.includes(text))) return;
    if (Date.now() > deadline) throw new Error(`the Sentinels do not see each other: ${known}`);
    await sleep(100);
  }
}
