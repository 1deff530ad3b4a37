// `millrace run --workers`: the supervisor removes a killed worker from its group, long before its session times out.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import t, { type Test } from 'tap';
import { groupOf } from '../../src/topology/topics.ts';
import { clickhouseUrl, kafkaBrokers, redisUrl, uniqueName } from '../support/services.ts';

/** How long the group would wait for a member that does not leave: longer than this test takes. */
const SESSION_MS = 240_000;
const WAIT_MS_MAX = 90_000;
/** A worker reports its membership to the supervisor a few milliseconds after it has joined the group. */
const REPORTED_MS = 3_000;
t.setTimeout(3 * WAIT_MS_MAX);

const folder = mkdtempSync(join(tmpdir(), 'millrace-dead-'));
t.teardown(() => rmSync(folder, { recursive: true }));

/** Writes a topology with its own name and topic. */
function writeTopology(name: string): string {
  const file = join(folder, `${name}.ts`);
  writeFileSync(
    file,
    `import orders from '${resolve(import.meta.dirname, '../chaos/topology.ts')}';
const source = { ...orders.source, topic: '${name}', subject: 'orders-value' };
export default { ...orders, name: '${name}', source };
`,
  );
  return file;
}

const admin = new Kafka({ brokers: kafkaBrokers().split(','), logLevel: logLevel.NOTHING }).admin();

/** Ids of the group's members, once it is stable and they are as expected. */
async function stable(name: string, expected: (ids: readonly string[]) => boolean): Promise<string[]> {
  let seen = '';
  for (const untilMs = performance.now() + WAIT_MS_MAX; performance.now() < untilMs; await sleep(200)) {
    const [group] = (await admin.describeGroups([groupOf(name)])).groups;
    const ids = group?.members.map(({ memberId }) => memberId) ?? [];
    if (group?.state === 'Stable' && expected(ids)) return ids;
    seen = `${group?.state}, ${ids.length} members`;
  }
  throw new Error(`the group is not stable after ${WAIT_MS_MAX} ms: ${seen}`);
}

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
}

function supervise(t: Test, name: string): ChildProcess {
  const supervisor = spawn(
    process.execPath,
    [
      '--disable-warning=TimeoutNegativeWarning',
      'src/app/main.ts',
      'run',
      writeTopology(name),
      '--workers',
      '2',
    ],
    {
      stdio: 'ignore',
      env: {
        ...process.env,
        MILLRACE_SCHEMAS: 'test/support/schemas',
        MILLRACE_KAFKA_BROKERS: kafkaBrokers(),
        MILLRACE_REDIS_URL: redisUrl(),
        MILLRACE_CLICKHOUSE_URL: clickhouseUrl(),
        MILLRACE_DATA: join(folder, name),
        MILLRACE_PORT: '0',
        MILLRACE_SESSION_TIMEOUT_MS: String(SESSION_MS),
      },
    },
  );
  t.teardown(() => supervisor.kill('SIGKILL'));
  return supervisor;
}

await admin.connect();
t.teardown(() => admin.disconnect());

t.test('after a worker dies, its partitions are reassigned immediately', async (t) => {
  const name = uniqueName('dead').replaceAll('_', '-');
  const supervisor = supervise(t, name);
  const before = await stable(name, (ids) => ids.length === 2);
  await sleep(REPORTED_MS);
  const [victim] = childrenOf(supervisor.pid ?? 0);
  process.kill(victim ?? 0, 'SIGKILL');
  const after = await stable(name, (ids) => ids.length === 2 && !ids.every((id) => before.includes(id)));
  t.equal(after.filter((id) => before.includes(id)).length, 1, 'the other worker has stayed');
  supervisor.kill('SIGTERM');
  const [code] = (await once(supervisor, 'exit')) as [number | null];
  t.equal(code, 0);
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

t.test('workers exit if the supervisor dies', async (t) => {
  const name = uniqueName('dead').replaceAll('_', '-');
  const supervisor = supervise(t, name);
  await stable(name, (ids) => ids.length === 2);
  const workers = childrenOf(supervisor.pid ?? 0);
  supervisor.kill('SIGKILL');
  for (const untilMs = performance.now() + WAIT_MS_MAX; workers.some(isAlive); await sleep(100))
    if (performance.now() > untilMs) throw new Error('a worker continues without the supervisor');
  t.equal(workers.length, 2);
});
