import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '@clickhouse/client';
import { Redis } from 'ioredis';
import t from 'tap';
import { startClickHouse } from '../../../tools/services/clickhouse/server.ts';
import { isPortFree, pickPort } from '../../../tools/services/ports.ts';
import { startRedis } from '../../../tools/services/redis/server.ts';

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** True once `condition` holds, false when it doesn't within `msMax`. */
async function eventually(condition: () => boolean, msMax: number): Promise<boolean> {
  const deadline = Date.now() + msMax;
  while (!condition()) {
    if (Date.now() > deadline) return false;
    await sleep(50);
  }
  return true;
}

async function readKey(url: string): Promise<string | null> {
  const client = new Redis(url);
  try {
    return await client.get('kept');
  } finally {
    client.disconnect();
  }
}

await t.test('redis that persists keeps what it acknowledged through a kill -9', async (t) => {
  const redis = await startRedis({ persist: true });
  const client = new Redis(redis.url);
  await client.set('kept', 'yes');
  client.disconnect();
  const { pid } = redis;
  await redis.kill();
  t.notOk(isAlive(pid));
  t.throws(() => redis.pid, /not running/);
  await redis.restart();
  t.not(redis.pid, pid);
  t.equal(await readKey(redis.url), 'yes');
  await redis.stop();
  t.notOk(existsSync(redis.dataDir), 'temporary data are gone');
});

await t.test('redis that does not persist is empty after it, and a frozen one still stops', async (t) => {
  const redis = await startRedis();
  const client = new Redis(redis.url);
  await client.set('kept', 'yes');
  client.disconnect();
  await redis.restart();
  t.equal(await readKey(redis.url), null);
  redis.signal('SIGSTOP');
  const { pid } = redis;
  await redis.stop();
  t.notOk(isAlive(pid));
});

await t.test('clickhouse keeps acknowledged rows through a kill -9', async (t) => {
  const clickhouse = await startClickHouse({ engine: 'chdb' });
  const client = createClient({ url: clickhouse.url });
  await client.command({ query: 'CREATE TABLE kept (n UInt32) ORDER BY n' });
  await client.insert({ table: 'kept', values: [{ n: 1 }, { n: 2 }], format: 'JSONEachRow' });
  await clickhouse.kill();
  await clickhouse.restart();
  const result = await client.query({ query: 'SELECT sum(n) AS n FROM kept', format: 'JSONEachRow' });
  t.same(await result.json(), [{ n: '3' }]);
  await client.close();
  await clickhouse.stop();
});

await t.test(
  'an unexpected exit is reported, and a server that cannot start fails with its log',
  async (t) => {
    const reported = Promise.withResolvers<string>();
    const redis = await startRedis({ onUnexpectedEnd: reported.resolve });
    // A service holds no process open, and this one has nothing else to wait for.
    const open = setInterval(() => undefined, 1_000);
    process.kill(redis.pid, 'SIGKILL');
    t.match(await reported.promise, /redis ended by itself \(SIGKILL\)/);
    clearInterval(open);
    await redis.stop();
    const first = await startRedis();
    await t.rejects(startRedis({ port: first.port }), /did not start[\s\S]*in use/);
    await first.stop();
  },
);

await t.test('services end with their owner, even when it is killed', async (t) => {
  const module = join(import.meta.dirname, '..', '..', '..', 'tools', 'services', 'redis', 'server.ts');
  const code =
    `const { startRedis } = await import(${JSON.stringify(module)}); const redis = await startRedis(); ` +
    'console.log(redis.pid + " " + redis.dataDir); setInterval(() => {}, 1000);';
  const owner = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await new Promise<string[]>((resolve) => {
    owner.stdout.once('data', (chunk: Buffer) => resolve([chunk.toString().trim()]));
  });
  const [pid = '0', dataDir = ''] = (line ?? '').split(' ');
  t.ok(isAlive(Number(pid)));
  owner.kill('SIGKILL');
  t.ok(await eventually(() => !isAlive(Number(pid)), 10_000), 'the orphan is ended');
  t.ok(await eventually(() => !existsSync(dataDir), 10_000), 'and its data are removed');
});

await t.test('a taken port is passed over', async (t) => {
  const redis = await startRedis();
  t.notOk(await isPortFree(redis.port));
  const other = await pickPort(redis.port);
  t.not(other, redis.port);
  t.ok(other < 32_768, 'below the ephemeral range');
  await redis.stop();
});
