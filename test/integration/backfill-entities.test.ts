// `millrace backfill` of topologies with views of other keys: the first half from the topic, the archive or a file, and live from
// there, is one undisturbed run, bit for bit. Events are late, come twice and in disorder, have items, and sensitive columns.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { EmbeddedLog } from '../../src/adapters/embedded/log.ts';
import { partsOf } from '../../src/topology/parts.ts';
import { openWorld, refused, stateOf, succeeds, type World } from '../support/backfill-world.ts';
import {
  entityKinds,
  entityTopology,
  eventFile,
  HALF,
  HALF_TEXT,
  PERSONAL_SETTINGS,
} from '../support/entity-backfill.ts';
import { clickhouseUrl } from '../support/services.ts';
import {
  historyRows,
  isBackfilled,
  registerModel,
  unflagged,
  type HistoryRow,
} from '../support/flights-backfill.ts';

t.setTimeout(600_000);

const folder = mkdtempSync(join(tmpdir(), 'millrace-backfill-entities-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }));

/** What does not depend on offsets. */
function ofEvents(rows: readonly HistoryRow[]): unknown[] {
  const values = unflagged(rows).map(({ place: _place, ...row }) => row);
  return values.sort((a, b) => (`${a.at} ${a.key}` < `${b.at} ${b.key}` ? -1 : 1));
}

for (const kind of entityKinds)
  t.test(kind.name, async (t) => {
    const { name, events, hops, hasPersonal } = kind;
    const { file, topology } = await entityTopology(folder, kind, name, name);
    const lines = (base: string, some: typeof events): string => eventFile(folder, base, some);
    const { main, others } = partsOf(topology);
    const world = (suffix: string, like?: World): World => {
      const opened = openWorld(folder, `${name}-${suffix}`, clickhouseUrl(), like);
      Object.assign(opened.settings, PERSONAL_SETTINGS);
      return opened;
    };
    const runs = (t: Test, words: readonly string[], where: World): Promise<string> =>
      succeeds(t, words, where);
    const base = world('base');
    await registerModel(topology, base.data);
    await runs(t, ['load', file, lines(name, events)], base);
    await runs(t, ['models', 'promote', file, 'v1'], base);
    const one = world('undisturbed', base);
    await runs(t, ['run', file, '--until-caught-up'], one);
    const wanted = await historyRows(one.database, name);
    t.ok(wanted.length > 500, `${wanted.length} rows`);
    t.ok(new Set(wanted.map(({ score }) => score)).size > 100, 'a model has scored them');

    /** Pseudonyms are of keys that each run makes: they differ in the state of a hop, and count the same. */
    async function sameState(t: Test, two: World): Promise<void> {
      t.strictSame(await stateOf(two, main, ['answers']), await stateOf(one, main, ['answers']), 'state');
      for (const part of hasPersonal ? others.filter((one) => one.part?.role === 'front') : others)
        t.strictSame(await stateOf(two, part), await stateOf(one, part), `state of ${part.name}`);
    }

    t.test('from the topic, and live from there', async (t) => {
      const two = world('topic', base);
      const words = ['backfill', file, '--from', name, '--to-time', HALF_TEXT];
      const report = await runs(t, words, two);
      t.match(report, /other keys +\d+ events answered in/);
      const first = await historyRows(two.database, name);
      t.ok(first.length > 200 && first.length < wanted.length && first.every(isBackfilled), 'all marked');
      const log = new EmbeddedLog({ path: join(two.data, 'log.db') });
      const topics = await log.partitionCounts([
        name,
        `${name}.answers`,
        ...hops.map((hop) => `${name}.${hop}`),
      ]);
      t.strictSame([...topics.keys()], [name], 'no topic is made without a seed');
      await log.close();
      await runs(t, [...words, '--seed-state'], two);
      t.strictSame(await historyRows(two.database, name), first, 'a repetition adds nothing');
      await refused(t, [...words, '--seed-state'], two, /the partition is not new: the group's offset is/);
      await runs(t, ['run', file, '--until-caught-up'], two);
      const rows = await historyRows(two.database, name);
      t.strictSame(rows.filter(isBackfilled).length, first.length);
      t.strictSame(unflagged(rows), wanted, 'predictions, features and labels');
      await sameState(t, two);
    });

    t.test('from the archive, and live from there', async (t) => {
      const three = { ...world('archive', base), database: one.database };
      three.settings['MILLRACE_CLICKHOUSE_URL'] = one.settings['MILLRACE_CLICKHOUSE_URL'] as string;
      if (hasPersonal) return t.end(); // sealed by keys that the other run has made
      const words = ['backfill', file, '--from', 'archive', '--to-time', HALF_TEXT, '--seed-state'];
      await runs(t, words, three);
      t.strictSame(await historyRows(one.database, name), wanted, 'rows of the live run stay as they are');
      await runs(t, ['run', file, '--until-caught-up'], three);
      await sameState(t, three);
    });

    t.test('from a file, and live from there', async (t) => {
      const four = world('file');
      await registerModel(topology, four.data);
      const past = lines(
        `${name}-past`,
        events.filter(({ at }) => at < HALF),
      );
      const present = lines(
        `${name}-present`,
        events.filter(({ at }) => at >= HALF),
      );
      await runs(t, ['load', file, present], four);
      await runs(t, ['models', 'promote', file, 'v1'], four);
      const words = ['backfill', file, '--from', past];
      await runs(t, [...words, '--seed-state'], four);
      await runs(t, ['run', file, '--until-caught-up'], four);
      t.strictSame(ofEvents(await historyRows(four.database, name)), ofEvents(wanted));
    });

    t.test('with some of its partitions', async (t) => {
      const five = world('some', base);
      const words = ['backfill', file, '--from', name, '--partitions', '1,3'];
      await refused(t, words, five, /the same end for all commands.*--partitions/s);
      const ended = [...words, '--to-time', HALF_TEXT];
      await refused(t, [...ended, '--seed-state'], five, /handed over as a whole.*--partitions/s);
      await runs(t, ended, five);
      const rows = await historyRows(five.database, name);
      t.ok(rows.length > 50 && rows.every(isBackfilled));
      const past = wanted.filter(({ at, place }) => Date.parse(`${at}Z`) < HALF && /^[13]-/.test(place));
      t.strictSame(
        rows.map(({ place, score, features }) => [place, score, features]),
        past.map(({ place, score, features }) => [place, score, features]),
      );
    });
  });
