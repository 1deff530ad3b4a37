// `millrace load` beside an engine that runs, and killed at any time.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { EmbeddedLog } from '../../../src/adapters/embedded/log.ts';
import { bareCommand } from '../../support/bare-command.ts';
import { startCommand } from '../../support/commands.ts';
import { csvOf, LoadedFolder } from '../../support/loaded-folder.ts';
import { eventOf, scoredTopology } from '../../support/scored-topology.ts';
import { environmentWith } from '../../../tools/environment.ts';

t.setTimeout(120_000);

const cwd = join(import.meta.dirname, '..', '..', '..');
const topology = scoredTopology('load', 'partitions: 3');
t.teardown(() => topology.remove());

t.test('kill -9, and a new start', async (t) => {
  const data = new LoadedFolder(t, topology);
  const ROWS = 4_000;
  const file = data.write('a.csv', csvOf(0, ROWS));
  const args = ['src/app/main.ts', 'load', topology.file, file];
  // Without the services of the test run: the log is the folder's.
  const env = environmentWith({ MILLRACE_DATA: data.data });
  for (let kill = 0; kill < 2; kill++) {
    const [program, words] = bareCommand(process.execPath, [...args, '--speed', '1000']);
    const child = spawn(program, words, { cwd, env, stdio: ['ignore', 'ignore', 'inherit'] });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    const before = kill === 0 ? 0 : (await data.sent()).length;
    while (child.exitCode === null && (await data.sent().catch(() => [])).length <= before)
      await new Promise((resolve) => setTimeout(resolve, 50));
    child.kill('SIGKILL');
    await ended;
  }
  const killed = (await data.sent()).length;
  t.ok(killed > 0 && killed < ROWS, `${killed} of ${ROWS}`);
  t.match(await data.load(file), {
    code: 0,
    stdout: new RegExp(`${ROWS - killed} events, ${killed} rows loaded`),
  });
  const times = (await data.sent()).map(([, , , timestampMs]) => timestampMs);
  t.strictSame(
    times.toSorted((a, b) => a - b),
    Array.from({ length: ROWS }, (_, i) => eventOf(i).at),
  );
});

t.test('standard input, and an engine that runs on the same folder', async (t) => {
  const data = new LoadedFolder(t, topology);
  const env = { MILLRACE_DATA: data.data, MILLRACE_PORT: '0' };
  const report = join(data.folder, 'report.json');
  const run = startCommand(`node src/app/main.ts run ${topology.file} --report ${report}`, { cwd, env });
  t.teardown(() => run.interrupt().catch(() => undefined));
  await run.printed(/dashboard/);
  const file = data.write('a.json', `${JSON.stringify(eventOf(0))}\n${JSON.stringify(eventOf(1))}\n`);
  const load = `node src/app/main.ts load --topology ${topology.file}`;
  const piped = startCommand(`cat ${file} | ${load} - --format jsonl && ${load} ${file}`, { cwd, env });
  t.match(await piped.ended, { code: 0, output: /-: 2 events[^]*a\.json: 2 events/ });
  // The engine looks for records of other processes several times a second, and commits what it has read as it ends.
  const log = new EmbeddedLog({ path: join(data.data, 'log.db') });
  for (let tries = 0; tries < 300; tries++) {
    const predictions = await log.offsets(`${topology.name}.predictions`);
    if (predictions.reduce((sum, { high }) => sum + high, 0) === 4) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await log.close();
  await run.interrupt();
  t.match(JSON.parse(readFileSync(report, 'utf8')), { predictions: 4 });
});
