/** A real redis-server on 127.0.0.1. Control path. */
import { Redis } from 'ioredis';
import { ensureCommand } from '../install.ts';
import { pickPort } from '../ports.ts';
import { prepareDataDir, startService, type Service, type ServiceOptions } from '../service.ts';

export interface RedisOptions extends ServiceOptions {
  /**
   * True: an append-only file with Redis' own settings: a killed and restarted server has mostly lost nothing that it
   * acknowledged, and up to two seconds of it where the disk was slow. False (default): a restarted server is empty.
   */
  persist?: boolean;
  /** Arguments on top of those below, such as `--tls-port`. */
  args?: readonly string[];
}

export interface RedisService extends Service {
  readonly url: string;
}

async function checkRedis(port: number): Promise<void> {
  const client = new Redis({
    host: '127.0.0.1',
    port,
    lazyConnect: true,
    connectTimeout: 1_000,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  client.on('error', () => {}); // connect() rejects with the same error
  try {
    await client.connect();
    await client.ping(); // rejects with LOADING while the append-only file is read
  } finally {
    client.disconnect();
  }
}

function redisArgs(port: number, dataDir: string, persist: boolean): string[] {
  const place = ['--bind', '127.0.0.1', '--port', String(port), '--dir', dataDir, '--daemonize', 'no'];
  return [...place, '--save', '', '--appendonly', persist ? 'yes' : 'no', '--loglevel', 'notice'];
}

/** Starts redis-server and waits until it answers PING. */
export async function startRedis(options: RedisOptions = {}): Promise<RedisService> {
  const command = ensureCommand('redis-server', 'redis-server', 'Redis');
  const port = options.port ?? (await pickPort());
  const { dataDir, scratch } = prepareDataDir('redis', options.dataDir);
  const url = `redis://127.0.0.1:${port}`;
  const service = await startService({
    name: 'redis',
    port,
    dataDir,
    scratch,
    environment: { MILLRACE_REDIS_URL: url },
    command,
    args: [...redisArgs(port, dataDir, options.persist === true), ...(options.args ?? [])],
    check: () => checkRedis(port),
    onUnexpectedEnd: options.onUnexpectedEnd,
  });
  return Object.assign(service, { url });
}
