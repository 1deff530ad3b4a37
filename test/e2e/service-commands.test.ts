// Runs the README's commands on real services: two workers and a producer on Kafka, Redis and ClickHouse, then the client
// of each service.
import { mkdtempSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { commandsOf, root, shellBlock } from '../docs/pages.ts';
import { type BackgroundCommand, runCommand, startCommand } from '../support/commands.ts';

t.setTimeout(400_000);

const TRIES_MAX = 60;
const data = mkdtempSync(join(tmpdir(), 'millrace-commands-'));
const background: BackgroundCommand[] = [];
t.teardown(async () => {
  for (const command of background.reverse()) await command.interrupt();
  rmSync(data, { recursive: true, force: true, maxRetries: 10 });
});

function start(command: string, env: Record<string, string>): BackgroundCommand {
  const started = startCommand(command, { cwd: root, env });
  background.push(started);
  return started;
}

/** Repeats a command until its output matches, and returns the output. */
async function eventually(
  t: Test,
  command: string,
  env: Record<string, string>,
  expected: RegExp,
): Promise<void> {
  let output = '';
  for (let i = 0; i < TRIES_MAX; i++) {
    ({ output } = await runCommand(command, { cwd: root, env }));
    if (expected.test(output)) {
      t.pass(command);
      return;
    }
    await sleep(1_000);
  }
  t.fail(`${command} did not print ${expected}:\n${output}`);
}

await t.test('services, workers, a producer, and clients of the services', async (t) => {
  const [services = '', , run = '', produce = ''] = commandsOf(
    shellBlock('README.md', 'Run it on real services'),
  );
  const started = start(`${services} -- --ephemeral`, {});
  const env: Record<string, string> = { MILLRACE_DATA: data };
  for (const name of ['MILLRACE_KAFKA_BROKERS', 'MILLRACE_REDIS_URL', 'MILLRACE_CLICKHOUSE_URL'])
    env[name] = (await started.printed(new RegExp(`export ${name}=(\\S+)`)))[1] as string;
  start(run, env);
  const produced = await runCommand(`${produce} --until 2013-01-04`, { cwd: root, env });
  t.equal(produced.code, 0, produced.output);
  const [models = '', curl = '', redis = '', clickhouse = '', wscat = ''] = commandsOf(
    shellBlock('README.md', 'Run it on real services', 2),
  );
  const { port } = new URL(env['MILLRACE_REDIS_URL'] as string);
  await eventually(t, clickhouse, env, /none\s+\d+/);
  await eventually(t, curl, env, /"origin\.departed_3h":|"departed_3h":/);
  await eventually(t, redis.replace('redis-cli', `redis-cli -p ${port}`), env, /\d\.\d/);
  await eventually(t, models, env, /version +status|no /);
  await start(wscat, env).printed(/"type":"predictions"|"type":"subscribed"/);
});
