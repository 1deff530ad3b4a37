// What an operator sees of a run that does not get anywhere: /readyz, metrics, log lines and the exit code.
import { mkdtempSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { EmbeddedLog } from '../../../src/adapters/embedded/log.ts';
import { runCommand, startCommand, type BackgroundCommand } from '../../support/commands.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const COMMAND = 'node src/app/main.ts run test/app/commands/faulty-topology.js --port 0';
const EVENTS = 150;
const TRIES_MAX = 300;
const SECOND_SIGNAL_MS = 500;

t.setTimeout(120_000);

/** A data folder with a log of events. */
async function environment(t: Test, fault: string): Promise<Record<string, string>> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-run-'));
  t.teardown(() => rmSync(folder, { recursive: true, maxRetries: 10 }));
  const log = new EmbeddedLog({ path: join(folder, 'log.db') });
  await log.ensureTopics([{ topic: 'faulty', partitions: 1, compacted: false, retentionMs: -1 }]);
  const records = Array.from({ length: EVENTS }, (_, i) => {
    return { key: null, value: Buffer.from(`e${i}`), timestampMs: Date.UTC(2026, 0, 1) };
  });
  await log.publish('faulty', records);
  await log.close();
  return { MILLRACE_DATA: folder, MILLRACE_STUCK_MS: '1000', FAULT: fault };
}

interface Served {
  readonly status: number;
  readonly text: string;
}

async function start(
  t: Test,
  env: Record<string, string>,
): Promise<{ command: BackgroundCommand; url: string }> {
  const command = startCommand(COMMAND, { cwd: root, env });
  t.teardown(async () => {
    const ended = command.interrupt().catch(() => undefined); // it may have ended
    await Promise.race([ended, sleep(SECOND_SIGNAL_MS)]);
    await command.interrupt().catch(() => undefined); // the first one waits for a task that hangs
  });
  const [, url = ''] = await command.printed(/dashboard {2}(\S+)/);
  return { command, url };
}

/** Polls until the answer is as expected. */
async function eventually(url: string, isExpected: (answer: Served) => boolean): Promise<Served> {
  for (let tries = 0; ; tries++) {
    const response = await fetch(url);
    const answer = { status: response.status, text: await response.text() };
    if (isExpected(answer) || tries > TRIES_MAX) return answer;
    await sleep(50);
  }
}

await t.test('a task that hangs makes the process unready, and its lag is served', async (t) => {
  const { url } = await start(t, await environment(t, 'hangs'));
  const { status, text } = await eventually(`${url}readyz`, (answer) => answer.status === 503);
  t.equal(status, 503);
  t.match(JSON.parse(text), {
    ready: false,
    conditions: [
      {
        condition: 'partition_stuck',
        where: 'faulty-0',
        blocksReadiness: true,
        reason: /while decoding; 150 events wait/,
      },
    ],
  });
  const metrics = await (await fetch(`${url}metrics`)).text();
  t.match(metrics, 'millrace_offset_lag_events{topology="faulty",partition="0"} 150\n');
  t.match(metrics, /millrace_lag_seconds\{topology="faulty",partition="0"\} [\d.]*[1-9]/);
  t.match(metrics, 'millrace_condition{condition="partition_stuck",where="faulty-0"} 1\n');
});

await t.test('dead letters alone are logged, counted and listed', async (t) => {
  const env = await environment(t, 'refuses');
  const { command, url } = await start(t, env);
  await command.printed(/events were set aside as dead letters/);
  const { text } = await eventually(`${url}readyz`, (answer) => answer.text.includes('dead_letters_only'));
  t.match(JSON.parse(text), {
    ready: true,
    conditions: [{ condition: 'dead_letters_only', where: 'faulty-0' }],
  });
  const metrics = await (await fetch(`${url}metrics`)).text();
  t.match(metrics, `millrace_dead_letters_total{topology="faulty",code="EVENT_MALFORMED"} ${EVENTS}\n`);
  const { output } = await command.interrupt();
  t.match(
    output,
    /"code":"EVENT_MALFORMED","count":150,"example":"faulty-0-0","why":"no event is good enough"/,
  );
  const counted = await runCommand(
    'node src/app/main.ts dead-letters count test/app/commands/faulty-topology.js',
    { cwd: root, env },
  );
  t.match(counted.output, /EVENT_MALFORMED +150 /);
});

for (const [fault, code, what] of [
  ['fails', 'LOG_UNAVAILABLE', /not committed: no progress .*150 events wait .*the faulty format fails/],
  ['away', 'SINK_UNAVAILABLE', /the faulty sink is away/],
] as const)
  await t.test(`--until-caught-up with a part that ${fault} is a failure`, async (t) => {
    const env = await environment(t, fault);
    const { code: exit, output } = await runCommand(`${COMMAND} --until-caught-up`, { cwd: root, env });
    t.equal(exit, 1);
    t.match(output, `millrace: ${code}: `);
    t.match(output, what);
    t.notMatch(output, 'sha256', 'no report of success');
  });

await t.test('--until-caught-up without a fault', async (t) => {
  const env = await environment(t, 'none');
  const { code, output } = await runCommand(`${COMMAND} --until-caught-up`, { cwd: root, env });
  t.equal(code, 0);
  t.match(output, 'predictions   150');
});
