// `millrace backfill`: the flights' first half from the topic, a file or the archive, and live from there, is one undisturbed
// run, bit for bit.
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { days } from '../../src/core/time.ts';
import { SqliteStateStores } from '../../src/adapters/embedded/state-store.ts';
import { millrace } from '../support/cli.ts';
import {
  flightsFile,
  flightsTopology,
  type HistoryRow,
  historyRows,
  isBackfilled,
  registerModel,
  unflagged,
} from '../support/flights-backfill.ts';
import { clickhouseUrl, uniqueName } from '../support/services.ts';

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

interface World {
  readonly data: string;
  readonly database: string;
  readonly settings: Record<string, string>;
}

/** A data folder, with what another one has, and a database of its own. */
function world(name: string, like?: World): World {
  const data = join(folder, name);
  if (like !== undefined) cpSync(like.data, data, { recursive: true });
  const database = uniqueName('backfill');
  const settings = {
    MILLRACE_DATA: data,
    MILLRACE_SCHEMAS: join(import.meta.dirname, '../../schemas'),
    MILLRACE_CLICKHOUSE_URL: `${clickhouseUrl()}/${database}`,
    MILLRACE_PORT: '0',
  };
  return { data, database, settings };
}

async function succeeds(t: Test, words: readonly string[], { settings }: World): Promise<string> {
  const { code, stdout, stderr } = await millrace(words, settings, COMMAND_MS_MAX);
  t.equal(code, 0, stderr);
  return stdout;
}

async function refused(t: Test, words: readonly string[], { settings }: World, why: RegExp): Promise<void> {
  const { code, stderr } = await millrace(words, settings);
  t.equal(code, 1);
  t.match(stderr, why);
}

/** Everything that the state store has, with the checkpoints. Their epochs count barriers, which the clock places. */
async function stateOf({ data }: World): Promise<unknown[]> {
  const stores = new SqliteStateStores({ path: join(data, 'state.db') });
  const found: unknown[] = [];
  try {
    for (let partition = 0; partition < topology.source.partitions; partition++) {
      const place = { topic, partition };
      const checkpoint = await stores.open(topology.name, place).restore(Number.MAX_SAFE_INTEGER);
      const blobs = [...(checkpoint?.stages ?? [])].map(([stage, state]) => `${stage} ${hexOf(state)}`);
      const keys = [...stores.dump(topology.name, place)].map(({ state, served, ...put }) => {
        return { ...put, state: hexOf(state), served: served === null ? null : hexOf(served) };
      });
      found.push({ ...checkpoint, epoch: 0, stages: blobs.sort(), keys });
    }
    return found;
  } finally {
    await stores.close();
  }
}

/** Of a half year, tap's description of a difference takes longer than everything else. */
function digestOf(rows: readonly unknown[]): unknown {
  if (DAYS === 2) return rows;
  const hash = createHash('sha256');
  for (const row of rows) hash.update(JSON.stringify(row));
  return { rows: rows.length, sha256: hash.digest('hex') };
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

const base = world('base');
let one = base;

t.test('an undisturbed run', async (t) => {
  await registerModel(topology, base.data);
  await succeeds(t, ['load', file, all], base);
  await succeeds(t, ['models', 'promote', file, 'v1'], base);
  one = world('undisturbed', base);
  await succeeds(t, ['run', file, '--until-caught-up'], one);
  t.ok((await historyRows(one.database, topic)).some(({ label }) => label !== null));
});

t.test('from the topic, and live from there', async (t) => {
  const two = world('topic', base);
  const words = ['backfill', file, '--from', topic, '--to-time', HALF_TEXT];
  await succeeds(t, words, two);
  const first = await historyRows(two.database, topic);
  t.ok(first.length > 100 && first.every(isBackfilled), `${first.length} rows, all marked`);
  const seeded = await succeeds(t, [...words, '--seed-state'], two);
  t.match(seeded, /partition 3 +the live engine starts at offset \d+/);
  t.strictSame(
    digestOf(await historyRows(two.database, topic)),
    digestOf(first),
    'a repetition adds nothing',
  );
  await refused(t, [...words, '--seed-state'], two, /the partition is not new: the group's offset is/);
  await succeeds(t, ['run', file, '--until-caught-up'], two);
  const rows = await historyRows(two.database, topic);
  t.strictSame(rows.filter(isBackfilled).length, first.length);
  t.strictSame(
    digestOf(unflagged(rows)),
    digestOf(await historyRows(one.database, topic)),
    'predictions, features and labels',
  );
  t.strictSame(digestOf(await stateOf(two)), digestOf(await stateOf(one)), 'state');
});

t.test('from the archive, and live from there', async (t) => {
  const three = { ...world('archive', base), database: one.database };
  three.settings['MILLRACE_CLICKHOUSE_URL'] = `${clickhouseUrl()}/${one.database}`;
  const rows = await historyRows(one.database, topic);
  const words = ['backfill', file, '--from', 'archive', '--to-time', HALF_TEXT, '--seed-state'];
  await succeeds(t, words, three);
  t.strictSame(
    digestOf(await historyRows(one.database, topic)),
    digestOf(rows),
    'rows of the live run stay as they are',
  );
  await succeeds(t, ['run', file, '--until-caught-up'], three);
  t.strictSame(digestOf(await stateOf(three)), digestOf(await stateOf(one)), 'state');
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
  await succeeds(t, ['load', file, present], four);
  await succeeds(t, ['models', 'promote', file, 'v1'], four);
  const words = ['backfill', file, '--from', past, '--key', 'origin'];
  await succeeds(t, words, four);
  const first = await historyRows(four.database, topic);
  t.match(
    await succeeds(t, [...words, '--seed-state'], four),
    /partition 3 +the live engine starts at offset 0/,
  );
  t.strictSame(digestOf(await historyRows(four.database, topic)), digestOf(first), 'the same ids');
  await succeeds(t, ['run', file, '--until-caught-up'], four);
  t.strictSame(
    digestOf(ofEvents(await historyRows(four.database, topic))),
    digestOf(ofEvents(await historyRows(one.database, topic))),
  );
});
