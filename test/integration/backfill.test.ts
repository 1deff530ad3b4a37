// `millrace backfill`: the flights' first half from the topic, a file or the archive, and live from there, is one undisturbed
// run, bit for bit.
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { days } from '../../src/core/time.ts';
import { openWorld, refused, stateOf, succeeds, type World } from '../support/backfill-world.ts';
import {
  flightsFile,
  flightsTopology,
  type HistoryRow,
  historyRows,
  isBackfilled,
  registerModel,
  unflagged,
} from '../support/flights-backfill.ts';
import { clickhouseUrl } from '../support/services.ts';

/** `FLIGHTS_DAYS=181` is the half year of the package: some minutes. */
const DAYS = Number(process.env['FLIGHTS_DAYS'] ?? 2);
t.setTimeout(DAYS > 2 ? 0 : 200_000);
/** A run that is stopped would end with 0 before its end. */
const COMMAND_MS_MAX = DAYS > 2 ? 0 : 200_000;

const START = Date.UTC(2013, 0, 1);
const HALF = START + days(Math.floor(DAYS / 2));
const END = START + days(DAYS);
const HALF_TEXT = new Date(HALF).toISOString();

const folder = mkdtempSync(join(tmpdir(), 'millrace-backfill-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }));
const topic = 'flights';
const { file, topology } = await flightsTopology(folder, topic, topic);
const all = flightsFile(folder, START, END);

const world = (name: string, like?: World): World => openWorld(folder, name, clickhouseUrl(), like);
const runs = (t: Test, words: readonly string[], where: World): Promise<string> =>
  succeeds(t, words, where, COMMAND_MS_MAX);

/** Of a half year, tap's description of a difference takes longer than everything else. */
function digestOf(rows: readonly unknown[]): unknown {
  if (DAYS === 2) return rows;
  const hash = createHash('sha256');
  for (const row of rows) hash.update(JSON.stringify(row));
  return { rows: rows.length, sha256: hash.digest('hex') };
}

const base = world('base');
let one = base;

t.test('an undisturbed run', async (t) => {
  await registerModel(topology, base.data);
  await runs(t, ['load', file, all], base);
  await runs(t, ['models', 'promote', file, 'v1'], base);
  one = world('undisturbed', base);
  await runs(t, ['run', file, '--until-caught-up'], one);
  t.ok((await historyRows(one.database, topic)).some(({ label }) => label !== null));
});

t.test('from the topic, and live from there', async (t) => {
  const two = world('topic', base);
  const words = ['backfill', file, '--from', topic, '--to-time', HALF_TEXT];
  await runs(t, words, two);
  const first = await historyRows(two.database, topic);
  t.ok(first.length > 100 && first.every(isBackfilled), `${first.length} rows, all marked`);
  const seeded = await runs(t, [...words, '--seed-state'], two);
  t.match(seeded, /partition 3 +the live engine starts at offset \d+/);
  t.strictSame(
    digestOf(await historyRows(two.database, topic)),
    digestOf(first),
    'a repetition adds nothing',
  );
  await refused(t, [...words, '--seed-state'], two, /the partition is not new: the group's offset is/);
  await runs(t, ['run', file, '--until-caught-up'], two);
  const rows = await historyRows(two.database, topic);
  t.strictSame(rows.filter(isBackfilled).length, first.length);
  t.strictSame(
    digestOf(unflagged(rows)),
    digestOf(await historyRows(one.database, topic)),
    'predictions, features and labels',
  );
  t.strictSame(digestOf(await stateOf(two, topology)), digestOf(await stateOf(one, topology)), 'state');
});

t.test('from the archive, and live from there', async (t) => {
  const three = { ...world('archive', base), database: one.database };
  three.settings['MILLRACE_CLICKHOUSE_URL'] = `${clickhouseUrl()}/${one.database}`;
  const rows = await historyRows(one.database, topic);
  const words = ['backfill', file, '--from', 'archive', '--to-time', HALF_TEXT, '--seed-state'];
  await runs(t, words, three);
  t.strictSame(
    digestOf(await historyRows(one.database, topic)),
    digestOf(rows),
    'rows of the live run stay as they are',
  );
  await runs(t, ['run', file, '--until-caught-up'], three);
  t.strictSame(digestOf(await stateOf(three, topology)), digestOf(await stateOf(one, topology)), 'state');
});

/** What does not depend on offsets. */
function ofEvents(rows: readonly HistoryRow[]): unknown[] {
  const values = unflagged(rows).map(({ place: _place, ...row }) => row);
  return values.sort((a, b) => (`${a.at} ${a.key}` < `${b.at} ${b.key}` ? -1 : 1));
}

t.test('from a file, and live from there', async (t) => {
  const four = world('file');
  await registerModel(topology, four.data);
  const [past, present] = [flightsFile(folder, START, HALF), flightsFile(folder, HALF, END)];
  await runs(t, ['load', file, present], four);
  await runs(t, ['models', 'promote', file, 'v1'], four);
  const words = ['backfill', file, '--from', past, '--key', 'origin'];
  await runs(t, words, four);
  const first = await historyRows(four.database, topic);
  t.match(await runs(t, [...words, '--seed-state'], four), /partition 3 +the live engine starts at offset 0/);
  t.strictSame(digestOf(await historyRows(four.database, topic)), digestOf(first), 'the same ids');
  await runs(t, ['run', file, '--until-caught-up'], four);
  t.strictSame(
    digestOf(ofEvents(await historyRows(four.database, topic))),
    digestOf(ofEvents(await historyRows(one.database, topic))),
  );
});
