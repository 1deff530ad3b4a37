// `millrace backfill` of topologies/cards.ts itself, whose views are of cards, merchants, devices and pairs: its first weeks and
// live from there are one undisturbed run, bit for bit, also if the process was killed while it handed its state over, or if the
// engine started in the middle of that.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import t, { type Test } from 'tap';
import { partsOf } from '../../src/topology/parts.ts';
import topology from '../../topologies/cards.ts';
import { cardEvents } from '../../topologies/data/cards.ts';
import { openWorld, refused, stateOf, succeeds, type World } from '../support/backfill-world.ts';
import { millrace } from '../support/cli.ts';
import {
  type HistoryRow,
  historyRows,
  isBackfilled,
  registerModel,
  unflagged,
} from '../support/flights-backfill.ts';
import { handedIn, killedBehind } from '../support/killed-seed.ts';
import { clickhouseUrl } from '../support/services.ts';

t.setTimeout(600_000);

/** Labels come two weeks after their payments: too few for a training, which an undisturbed run would begin earlier. */
const EVENTS = { cards: 14, days: 19, seed: 5 };
const HALF = '2026-01-21T12:00:00Z';
/** Transactions of an attempt at the hand-over before it is killed: some partitions of the topology and its parts. */
const COMMITS = 13;
const ATTEMPTS_MAX = 12;

const { name } = topology;
const file = resolve(import.meta.dirname, '../../topologies/cards.ts');
const folder = mkdtempSync(join(tmpdir(), 'millrace-backfill-cards-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }));
const seeded = ['backfill', file, '--from', name, '--to-time', HALF, '--seed-state'];
const untilCaughtUp = ['run', file, '--until-caught-up'];
const world = (suffix: string, like?: World): World => openWorld(folder, suffix, clickhouseUrl(), like);

/**
 * Of the topology and its parts. Positions in the answers are those of a log that a backfill has for itself, and those in the topic of
 * a hop count rows that a hand-over has written and dropped again, or that the front has sent a second time.
 */
async function everyState(where: World): Promise<unknown[]> {
  const { main, others } = partsOf(topology);
  const states = [await stateOf(where, main, ['answers'])];
  for (const part of others) {
    const found = await stateOf(where, part);
    const isHop = part.part?.role === 'entity';
    states.push(isHop ? found.map((state) => ({ ...(state as object), offsetNext: 0 })) : found); // stateOf makes objects
  }
  return states;
}

const base = world('base');
let one = base;
let wanted: readonly HistoryRow[] = [];

t.test('an undisturbed run', async (t) => {
  const events = join(folder, 'cards.ndjson');
  writeFileSync(
    events,
    cardEvents(EVENTS)
      .map((event) => `${JSON.stringify(event)}\n`)
      .join(''),
  );
  await registerModel(topology, base.data);
  await succeeds(t, ['load', file, events], base);
  await succeeds(t, ['models', 'promote', file, 'v1'], base);
  one = world('undisturbed', base);
  await succeeds(t, untilCaughtUp, one);
  wanted = unflagged(await historyRows(one.database, name));
  t.ok(wanted.length > 500 && wanted.some(({ label }) => label === 1), `${wanted.length} payments`);
  t.strictSame(new Set(wanted.map(({ version }) => version)), new Set(['v1']), 'nothing was trained');
  t.ok(new Set(wanted.map(({ score }) => score)).size > 100, 'a model has scored them');
});

t.test('from the topic, and live from there', async (t) => {
  const two = world('topic', base);
  await succeeds(t, seeded, two);
  const first = await historyRows(two.database, name);
  t.ok(
    first.length > 400 && first.length < wanted.length && first.every(isBackfilled),
    `${first.length} rows`,
  );
  await succeeds(t, untilCaughtUp, two);
  const rows = await historyRows(two.database, name);
  t.equal(rows.filter(isBackfilled).length, first.length);
  t.strictSame(unflagged(rows), wanted, 'ids, scores, features and labels');
  t.strictSame(await everyState(two), await everyState(one), 'state');
});

/** What an engine makes of a hand-over that has not come to its end. */
async function startsThere(t: Test, where: World): Promise<void> {
  await succeeds(t, untilCaughtUp, where);
  const rows = await historyRows(where.database, name);
  const places = new Set(rows.map(({ place }) => place));
  const late = wanted.filter(({ at }) => at >= HALF.replace('T', ' '));
  t.ok(late.length > 50 && late.every(({ place }) => places.has(place)), 'all payments behind the range');
  t.strictSame(
    rows,
    wanted.filter(({ place }) => places.has(place)),
    'as in the undisturbed run',
  );
  t.strictSame(await everyState(where), await everyState(one), 'state');
}

/** `main`, `hop` or `front`, of the name of a partition. */
function roleOf(partition: string | undefined): string {
  if (partition === undefined) return 'none';
  if (partition.startsWith(`${name}.by-`)) return 'hop';
  return partition.startsWith(`${name}-`) ? 'main' : 'front';
}

t.test('killed in the middle of the hand-over, again and again', async (t) => {
  const three = world('killed', base);
  const progress = join(three.data, 'backfill', name, 'all', 'progress.json');
  const options = { NODE_OPTIONS: killedBehind(folder, progress, COMMITS) };
  const killedIn = new Set<string>();
  for (let attempt = 1; ; attempt++) {
    const { code, stderr } = await millrace(seeded, { ...three.settings, ...options }, 200_000);
    if (code === 0) break;
    t.equal(code, null, `killed ${stderr}`);
    if (attempt === ATTEMPTS_MAX) throw new Error('the hand-over does not come to its end');
    const handed = handedIn(progress);
    const role = roleOf(handed.at(-1));
    t.comment(`${handed.length} partitions begun, the last one ${handed.at(-1)}`);
    if (!killedIn.has(role)) await startsThere(t, world(`started-${role}`, three));
    killedIn.add(role);
  }
  t.strictSame([...killedIn], ['main', 'hop', 'front'], 'in each kind of part');
  await refused(t, seeded, three, /the partition is not new: the group's offset is/);
  await succeeds(t, untilCaughtUp, three);
  t.strictSame(
    unflagged(await historyRows(three.database, name)),
    wanted,
    'ids, scores, features and labels',
  );
  t.strictSame(await everyState(three), await everyState(one), 'state');
});
