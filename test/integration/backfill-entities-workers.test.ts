// `millrace backfill --workers` and `--partitions` of topologies with views of other keys, on real Kafka, Redis and ClickHouse:
// killed in each of its roles and between them, and live from there, it is one undisturbed run, bit for bit.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Topology } from '../../src/index.ts';
import { partsOf } from '../../src/topology/parts.ts';
import { refused, succeeds } from '../support/backfill-world.ts';
import { millrace } from '../support/cli.ts';
import { entityKinds, eventFile, HALF, HALF_TEXT, type EntityKind } from '../support/entity-backfill.ts';
import { type HistoryRow, historyRows, isBackfilled, unflagged } from '../support/flights-backfill.ts';
import { entityServers, type Prepared } from '../support/entity-servers.ts';
import { killedWhen } from '../support/killed-when.ts';
import { redisStateOf } from '../support/redis-state.ts';
import { clickhouseUrl, kafkaBrokers, redisUrl, uniqueName } from '../support/services.ts';

t.setTimeout(600_000);

const { folder, database, prepared, beside } = entityServers(t, 'backfill-hops-workers', {
  kafka: kafkaBrokers(),
  redis: redisUrl(),
  clickhouse: clickhouseUrl(),
});

function isPast({ at }: HistoryRow): boolean {
  return at < HALF_TEXT.replace('T', ' ').replace('Z', '');
}

/** What depends neither on offsets nor on what comes after the range. */
function unlabelled(rows: readonly HistoryRow[]): string[] {
  return rows.map(({ key, at, score, features }) => JSON.stringify([at, key, score, features])).sort();
}

function allParts(topology: Topology): Topology[] {
  const { main, others } = partsOf(topology);
  return [main, ...others];
}

interface Kill {
  readonly name: string;
  readonly when: string;
  readonly victim?: string;
}

const isShare = "file.includes('/shares/')";
const hasFinished = 'Object.keys(saved.finished).length > 0';

/** In their order: each attempt comes to its own, as it goes on where the one before was killed. */
const KILLS: readonly Kill[] = [
  { name: 'before the first step', when: `!${isShare} && saved.bounds.length > 0` },
  { name: 'before the workers start', when: `!${isShare} && saved.isAnswered` },
  { name: 'a worker', when: `${isShare} && ${hasFinished}` },
  {
    name: 'the command, while workers play',
    when: `${isShare} && saved.bounds.length > 0`,
    victim: 'process.ppid',
  },
  ...[1, 4, 5, 9, 13].map((handed) => ({
    name: `hand-over ${handed}`,
    when: `!${isShare} && saved.handing.length === ${handed}`,
  })),
];

const [payments, orders] = entityKinds as [EntityKind, EntityKind];

for (const kind of [orders, payments])
  t.test(kind.name, async (t) => {
    const topic = uniqueName(kind.name).replaceAll('_', '-');
    const one = await prepared(kind, `${topic}-one`, topic);
    await succeeds(t, ['load', one.file, eventFile(folder, topic, kind.events)], one);
    await succeeds(t, ['models', 'promote', one.file, 'v1'], one);
    await succeeds(t, ['run', one.file, '--until-caught-up'], one);
    const wanted = await historyRows(database, one.name);
    t.ok(wanted.length > 500, `${wanted.length} rows`);

    const other = (suffix: string): Promise<Prepared> => beside(t, one, kind, suffix);

    t.test('seeds by two workers, killed in each role', async (t) => {
      const two = await other('two');
      const words = ['backfill', two.file, '--from', topic, '--to-time', HALF_TEXT, '--seed-state'];
      const progress = join(two.data, 'backfill', two.name, 'all', 'progress.json');
      for (const { name, when, victim } of kind === orders ? KILLS : []) {
        const options = killedWhen(folder, name.replaceAll(/\W/g, '-'), when, victim);
        const settings = { ...two.settings, NODE_OPTIONS: options };
        const { code } = await millrace([...words, '--workers', '2'], settings, 200_000);
        t.not(code, 0, `killed: ${name}`);
        t.ok(existsSync(progress));
      }
      const report = await succeeds(t, [...words, '--workers', '3'], two);
      t.match(report, /^other keys +/m);
      const first = await historyRows(database, two.name);
      t.ok(first.every(isBackfilled));
      t.strictSame(
        unflagged(first).map(({ place }) => place),
        wanted.filter(isPast).map(({ place }) => place),
      );
      t.notOk(existsSync(progress), 'nothing is left');
      await refused(t, [...words, '--workers', '2'], two, /the partition is not new: the group's offset is/);
      await succeeds(t, ['run', two.file, '--until-caught-up'], two);
      t.strictSame(unflagged(await historyRows(database, two.name)), wanted, 'rows');
      const others = allParts(two.topology);
      for (const [i, part] of allParts(one.topology).entries()) {
        const isHop = part.part?.role === 'entity';
        if (kind.hasPersonal && isHop) continue; // keys are pseudonyms, which each run makes
        // Transactions take offsets of a hop's topic.
        const [wantedState, state] = [part, others[i] ?? part].map(({ name, source }) =>
          redisStateOf(name, source.topic, source.partitions, !isHop),
        );
        t.strictSame(await state, await wantedState, `state of ${part.name}`);
      }
    });

    if (kind === payments) return; // backfill-entities.test.ts has the rest of it

    t.test('with some of its partitions', async (t) => {
      const three = await other('three');
      const words = ['backfill', three.file, '--from', topic, '--partitions'];
      const ended = [...words, '0', '--to-time', HALF_TEXT, '--seed-state'];
      await refused(t, ended, three, /handed over as a whole.*--partitions.*--workers/s);
      await refused(t, [...words, '0'], three, /the same end for all commands.*Give --to-time/s);
      await succeeds(t, [...words, '0,2', '--to-time', HALF_TEXT], three);
      const some = await historyRows(database, three.name);
      t.ok(some.length > 50 && some.every(({ place }) => /^[02]-/.test(place)));
      await succeeds(t, [...words, '1,3', '--to-time', HALF_TEXT, '--workers', '2'], three);
      const rows = await historyRows(database, three.name);
      t.ok(rows.every(isBackfilled));
      const past = new Set(rows.map(({ place }) => place));
      t.strictSame(past.size, rows.length);
      t.strictSame(
        rows.map(({ place, features, score }) => ({ place, features, score })),
        wanted.filter(isPast).map(({ place, features, score }) => ({ place, features, score })),
      );
    });

    t.test('from the archive', async (t) => {
      const words = ['backfill', one.file, '--from', 'archive', '--to-time', HALF_TEXT, '--workers', '2'];
      const report = await succeeds(t, words, one);
      t.match(report, new RegExp(`archive of ${topic}, offsets`));
      let predicted = 0;
      for (const [, count] of report.matchAll(/predictions +(\d+), marked/g)) predicted += Number(count);
      t.equal(predicted, wanted.filter(isPast).length);
      t.strictSame(await historyRows(database, one.name), wanted, 'rows of the live run stay as they are');
    });

    t.test('from a file', async (t) => {
      const four = await other('four');
      const some = kind.events.filter(({ at }) => at < HALF);
      const past = eventFile(folder, `${topic}-past`, some);
      await succeeds(t, ['backfill', four.file, '--from', past, '--workers', '2'], four);
      const five = await other('five');
      await succeeds(t, ['backfill', five.file, '--from', past], five);
      const rows = await historyRows(database, four.name);
      t.ok(rows.length > 200 && rows.every(isBackfilled));
      t.strictSame(rows, await historyRows(database, five.name), 'as with one process');
      t.strictSame(unlabelled(rows), unlabelled(wanted.filter(isPast)));
    });
  });
