// `millrace backfill` on real Kafka, Redis and ClickHouse, beside a live engine, killed, and as the start of another one.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { environmentWith } from '../../tools/environment.ts';
import { bareCommand } from '../support/bare-command.ts';
import { millrace } from '../support/cli.ts';
import {
  flightsFile,
  flightsTopology,
  historyRows,
  isBackfilled,
  registerModel,
  unflagged,
} from '../support/flights-backfill.ts';
import { killedWhen } from '../support/killed-when.ts';
import { redisStateOf } from '../support/redis-state.ts';
import { runEngine } from '../support/running-engine.ts';
import { clickhouseUrl, kafkaBrokers, redisUrl, uniqueName } from '../support/services.ts';

t.setTimeout(200_000);

const HALF = '2013-01-02';
const UNTIL = Date.UTC(2013, 0, 3);
const PARTITIONS = 4;
const KILL_AFTER_MS = 1_200;

const folder = mkdtempSync(join(tmpdir(), 'millrace-backfill-kafka-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }));
const topic = uniqueName('flights').replaceAll('_', '-');
const database = uniqueName('backfill');
const servers = {
  MILLRACE_SCHEMAS: join(import.meta.dirname, '../../schemas'),
  MILLRACE_KAFKA_BROKERS: kafkaBrokers(),
  MILLRACE_REDIS_URL: redisUrl(),
  MILLRACE_CLICKHOUSE_URL: `${clickhouseUrl()}/${database}`,
};

/** Two topologies of the same stages and source. Without a registry they share its file. */
async function prepared(
  name: string,
): Promise<{ file: string; name: string; settings: Record<string, string> }> {
  const data = join(folder, name);
  const { file, topology } = await flightsTopology(folder, name, topic);
  await registerModel(topology, data);
  const settings = { ...servers, MILLRACE_DATA: data, MILLRACE_PORT: '0' };
  return { file, name, settings };
}

const undisturbed = await prepared(`${topic}-one`);
const seeded = await prepared(`${topic}-two`);

async function succeeds(words: readonly string[], settings: Record<string, string>): Promise<string> {
  const { code, stdout, stderr } = await millrace(words, settings);
  t.equal(code, 0, stderr);
  return stdout;
}

t.test('beside an engine that runs', async (t) => {
  const { file, settings, name } = undisturbed;
  await succeeds(['load', file, flightsFile(folder, Date.UTC(2013, 0, 1), UNTIL)], settings);
  await succeeds(['models', 'promote', file, 'v1'], settings);
  const engine = await runEngine(['run', file], settings['MILLRACE_DATA'] as string, servers);
  t.teardown(() => engine.stop());
  const other = { ...settings, MILLRACE_DATA: join(folder, 'other') };
  cpSync(settings['MILLRACE_DATA'] as string, other.MILLRACE_DATA, { recursive: true });
  const refused = await millrace(['backfill', file, '--from', topic, '--seed-state'], other);
  t.match(refused.stderr, /members? of the group run/);
  await succeeds(['backfill', file, '--from', topic, '--to-time', HALF], other);
  await engine.stop();
  await succeeds(['run', file, '--until-caught-up'], settings);
  const rows = await historyRows(database, name);
  t.ok(rows.length > 500, `${rows.length} rows`);
  t.equal(new Set(rows.map(({ place }) => place)).size, rows.length, 'one row of each event');
});

t.test('killed, repeated with two workers, killed, with three, and live from there', async (t) => {
  const { file, settings, name } = seeded;
  cpSync(
    join(undisturbed.settings['MILLRACE_DATA'] as string, 'schema-registry.json'),
    join(settings['MILLRACE_DATA'] as string, 'schema-registry.json'),
  );
  await succeeds(['models', 'promote', file, 'v1'], settings);
  const words = ['backfill', file, '--from', topic, '--to-time', HALF, '--seed-state'];
  const child = spawn(...bareCommand(process.execPath, ['src/app/main.ts', ...words]), {
    env: environmentWith(settings),
    stdio: 'ignore',
  });
  await sleep(KILL_AFTER_MS);
  child.kill('SIGKILL');
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  const progress = join(settings['MILLRACE_DATA'] as string, 'backfill', name, 'all', 'progress.json');
  for (const [place, when] of [
    ['a worker', "file.includes('/shares/') && Object.keys(saved.finished).length > 0"],
    ['hand-over', "!file.includes('/shares/') && saved.handing.length === 2"],
  ] as const) {
    const options = killedWhen(folder, place.replaceAll(/\W/g, '-'), when);
    const { code } = await millrace([...words, '--workers', '2'], { ...settings, NODE_OPTIONS: options });
    t.not(code, 0, `killed: ${place}`);
    t.ok(existsSync(progress));
  }
  const report = await succeeds([...words, '--workers', '3'], settings);
  t.match(report, /^partition 3 +the live engine starts at offset \d+$/m);
  t.notOk(existsSync(progress), 'nothing is left');
  const before = await historyRows(database, name);
  t.ok(before.length > 0 && before.every(isBackfilled));
  await succeeds(['run', file, '--until-caught-up'], settings);
  const rows = await historyRows(database, name);
  t.strictSame(unflagged(rows), unflagged(await historyRows(database, undisturbed.name)), 'rows');
  const wanted = await redisStateOf(undisturbed.name, topic, PARTITIONS);
  t.strictSame(await redisStateOf(name, topic, PARTITIONS), wanted, 'state');
});
