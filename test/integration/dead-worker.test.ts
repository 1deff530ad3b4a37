// `millrace run --workers`: a worker that is killed is taken out of its group by the one that began it, long before its
// session times out.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import t from 'tap';
import { groupOf } from '../../src/topology/topics.ts';
import { clickhouseUrl, kafkaBrokers, redisUrl, uniqueName } from '../support/services.ts';

/** What a group would wait for who does not leave it: longer than this test takes. */
const SESSION_MS = 240_000;
const WAIT_MS_MAX = 90_000;
t.setTimeout(3 * WAIT_MS_MAX);

const name = uniqueName('dead').replaceAll('_', '-');
const folder = mkdtempSync(join(tmpdir(), 'millrace-dead-'));
t.teardown(() => rmSync(folder, { recursive: true }));

const topology = join(folder, 'topology.ts');
writeFileSync(
  topology,
  `import orders from '${resolve(import.meta.dirname, '../chaos/topology.ts')}';
const source = { ...orders.source, topic: '${name}', subject: 'orders-value' };
export default { ...orders, name: '${name}', source };
`,
);

const admin = new Kafka({ brokers: kafkaBrokers().split(','), logLevel: logLevel.NOTHING }).admin();

/** Ids of the group's members once it is stable with two that are `right`. */
async function members(right: (ids: readonly string[]) => boolean): Promise<string[]> {
  for (const untilMs = performance.now() + WAIT_MS_MAX; performance.now() < untilMs; await sleep(200)) {
    const [group] = (await admin.describeGroups([groupOf(name)])).groups;
    const ids = group?.members.map(({ memberId }) => memberId) ?? [];
    if (group?.state === 'Stable' && ids.length === 2 && right(ids)) return ids;
  }
  throw new Error(`the group was not stable with two members within ${WAIT_MS_MAX} ms`);
}

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
}

t.test('the group goes on at once', async (t) => {
  await admin.connect();
  t.teardown(() => admin.disconnect());
  const supervisor = spawn(
    process.execPath,
    ['--disable-warning=TimeoutNegativeWarning', 'src/app/main.ts', 'run', topology, '--workers', '2'],
    {
      stdio: 'ignore',
      env: {
        ...process.env,
        MILLRACE_SCHEMAS: 'test/support/schemas',
        MILLRACE_KAFKA_BROKERS: kafkaBrokers(),
        MILLRACE_REDIS_URL: redisUrl(),
        MILLRACE_CLICKHOUSE_URL: clickhouseUrl(),
        MILLRACE_DATA: join(folder, 'data'),
        MILLRACE_PORT: '0',
        MILLRACE_SESSION_TIMEOUT_MS: String(SESSION_MS),
      },
    },
  );
  t.teardown(() => supervisor.kill('SIGKILL'));
  const before = await members(() => true);
  const [victim] = childrenOf(supervisor.pid ?? 0);
  process.kill(victim ?? 0, 'SIGKILL');
  const after = await members((ids) => !ids.every((id) => before.includes(id)));
  t.equal(after.filter((id) => before.includes(id)).length, 1, 'the other one has stayed');
  supervisor.kill('SIGTERM');
  const [code] = (await once(supervisor, 'exit')) as [number | null];
  t.equal(code, 0);
});
