// `millrace backfill` of topologies with views of other keys on real Kafka, Redis and ClickHouse: killed, repeated, and live from
// there, it is one undisturbed run.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { environmentWith } from '../../tools/environment.ts';
import { succeeds } from '../support/backfill-world.ts';
import { bareCommand } from '../support/bare-command.ts';
import {
  entityKinds,
  entityTopology,
  eventFile,
  HALF_TEXT,
  PERSONAL_SETTINGS,
  type EntityKind,
} from '../support/entity-backfill.ts';
import { historyRows, isBackfilled, registerModel, unflagged } from '../support/flights-backfill.ts';
import { clickhouseUrl, kafkaBrokers, redisUrl, uniqueName } from '../support/services.ts';

t.setTimeout(400_000);

const KILL_AFTER_MS = 2_500;

const folder = mkdtempSync(join(tmpdir(), 'millrace-backfill-hops-kafka-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }));
const database = uniqueName('backfill');
const servers = {
  ...PERSONAL_SETTINGS,
  MILLRACE_KAFKA_BROKERS: kafkaBrokers(),
  MILLRACE_REDIS_URL: redisUrl(),
  MILLRACE_CLICKHOUSE_URL: `${clickhouseUrl()}/${database}`,
  MILLRACE_PORT: '0',
};

/** Two topologies of the same stages and source. Without a registry they share its file. */
async function prepared(kind: EntityKind, name: string, topic: string) {
  const data = join(folder, name);
  const { file, topology } = await entityTopology(folder, kind, name, topic);
  await registerModel(topology, data);
  return { file, name, data, settings: { ...servers, MILLRACE_DATA: data } };
}

for (const kind of entityKinds)
  t.test(kind.name, async (t) => {
    const topic = uniqueName(kind.name).replaceAll('_', '-');
    const one = await prepared(kind, `${topic}-one`, topic);
    const two = await prepared(kind, `${topic}-two`, topic);
    await succeeds(t, ['load', one.file, eventFile(folder, topic, kind.events)], one);
    await succeeds(t, ['models', 'promote', one.file, 'v1'], one);
    await succeeds(t, ['run', one.file, '--until-caught-up'], one);
    const wanted = await historyRows(database, one.name);
    t.ok(wanted.length > 500, `${wanted.length} rows`);
    const registry = 'schema-registry.json';
    cpSync(join(one.data, registry), join(two.data, registry));
    await succeeds(t, ['models', 'promote', two.file, 'v1'], two);
    const words = ['backfill', two.file, '--from', topic, '--to-time', HALF_TEXT, '--seed-state'];
    const child = spawn(...bareCommand(process.execPath, ['src/app/main.ts', ...words]), {
      env: environmentWith(two.settings),
      stdio: 'ignore',
    });
    await sleep(KILL_AFTER_MS);
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    const report = await succeeds(t, words, two);
    t.match(report, /^partition 0 +the live engine starts at offset \d+$/m);
    const first = await historyRows(database, two.name);
    t.ok(first.length > 200 && first.length < wanted.length && first.every(isBackfilled));
    await succeeds(t, ['run', two.file, '--until-caught-up'], two);
    t.strictSame(unflagged(await historyRows(database, two.name)), wanted, 'rows');
  });
