// `millrace backfill` of topologies with views of other keys on real Kafka, Redis and ClickHouse: killed, repeated, and live from
// there, it is one undisturbed run.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { environmentWith } from '../../tools/environment.ts';
import { succeeds } from '../support/backfill-world.ts';
import { bareCommand } from '../support/bare-command.ts';
import { entityKinds, eventFile, HALF_TEXT } from '../support/entity-backfill.ts';
import { entityServers } from '../support/entity-servers.ts';
import { historyRows, isBackfilled, unflagged } from '../support/flights-backfill.ts';
import { clickhouseUrl, kafkaBrokers, redisUrl, uniqueName } from '../support/services.ts';

t.setTimeout(400_000);

const KILL_AFTER_MS = 2_500;

const { folder, database, prepared, beside } = entityServers(t, 'backfill-hops-kafka', {
  kafka: kafkaBrokers(),
  redis: redisUrl(),
  clickhouse: clickhouseUrl(),
});

for (const kind of entityKinds)
  t.test(kind.name, async (t) => {
    const topic = uniqueName(kind.name).replaceAll('_', '-');
    const one = await prepared(kind, `${topic}-one`, topic);
    await succeeds(t, ['load', one.file, eventFile(folder, topic, kind.events)], one);
    await succeeds(t, ['models', 'promote', one.file, 'v1'], one);
    await succeeds(t, ['run', one.file, '--until-caught-up'], one);
    const wanted = await historyRows(database, one.name);
    t.ok(wanted.length > 500, `${wanted.length} rows`);
    const two = await beside(t, one, kind, 'two');
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
