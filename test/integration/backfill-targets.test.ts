// `millrace backfill --from archive` of a target that is not the main one: it reads the events that the main target has archived, sealed
// with its keys, and gives what a live run has given.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createClient } from '@clickhouse/client';
import t from 'tap';
import type { Topology } from '../../src/index.ts';
import { targetNamed } from '../../src/topology/targets.ts';
import { openWorld, refused, stateOf, succeeds } from '../support/backfill-world.ts';
import { PERSONAL_SETTINGS } from '../support/entity-backfill.ts';
import { historyRows, isBackfilled, unflagged } from '../support/flights-backfill.ts';
import { randomIntegers } from '../support/random-integers.ts';
import { clickhouseUrl } from '../support/services.ts';

t.setTimeout(300_000);

const EVENTS = 600;
const START = Date.UTC(2026, 0, 1);
const STEP_MS = 60_000;
const HALF_TEXT = new Date(START + (EVENTS / 2) * STEP_MS).toISOString();
const OTHER = 'payments.loss';

const folder = mkdtempSync(join(tmpdir(), 'millrace-backfill-targets-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }));

/** @param source more options of it */
async function topologyFile(
  name: string,
  source: string,
): Promise<{ readonly file: string; readonly other: Topology }> {
  const file = join(folder, `${name}.ts`);
  writeFileSync(
    file,
    `import * as m from '${resolve(import.meta.dirname, '../../src/index.ts')}';
const { string, nullable, double, timestamp } = m;
const over = m.sliding(m.hours(6));
export default m.defineTopology({
  name: 'payments',
  source: m.source('payments', {
    schema: { id: string, type: string, card: string, email: string, amount: double, fraud: nullable(double), loss: nullable(double), at: timestamp },
    eventTime: 'at', format: m.json(), partitions: 2, ${source}
  }),
  stages: [
    m.dedupe({ by: ['type', 'id'], withinMs: m.hours(2) }),
    m.watermarks({ allowedLatenessMs: m.minutes(5) }),
    m.features({ when: { type: 'payment' }, fields: { amount: m.numeric('amount') }, views: {
      card: m.view(['card'], { n: m.count({ over }), spent: m.sum('amount', { over }) }),
    } }),
    m.score('fraud', { key: 'id' }),
    m.labels('frauds', { target: 'fraud', key: 'id', when: { type: 'outcome' }, task: m.binary({ column: 'fraud' }), timeoutMs: m.hours(3) }),
    m.score('loss', { key: 'id' }),
    m.labels('losses', { target: 'loss', key: 'id', when: { type: 'outcome' }, task: m.regression({ column: 'loss', low: 0 }), timeoutMs: m.hours(3),
      correctedWithinMs: m.hours(5), withdrawn: { type: 'reversed' } }),
  ],
});
`,
  );
  const { default: topology } = (await import(file)) as { default: Topology }; // as written above
  return { file, other: targetNamed(topology, 'loss') };
}

/** Payments, their outcomes, corrections of them, and losses that are taken back. */
function paymentsFile(): string {
  const random = randomIntegers(11);
  const draw = (below: number): number => random() % below;
  const events = Array.from({ length: EVENTS }, (_, i) => {
    const kind = i < 60 ? 0 : draw(10);
    const isPayment = kind < 6;
    const card = `c${draw(12)}`;
    return {
      id: `p${isPayment ? i : i - 1 - draw(50)}`,
      type: isPayment ? 'payment' : kind < 9 ? 'outcome' : 'reversed',
      card,
      email: `${card}@example.com`,
      amount: draw(4_000) / 4,
      fraud: isPayment ? null : draw(2),
      loss: isPayment ? null : draw(100),
      at: START + i * STEP_MS,
    };
  });
  const file = join(folder, 'payments.jsonl');
  writeFileSync(file, events.map((event) => `${JSON.stringify(event)}\n`).join(''));
  return file;
}

const events = paymentsFile();

async function deleteRows(database: string, topology: string): Promise<void> {
  const client = createClient({ url: clickhouseUrl(), database });
  for (const table of ['predictions', 'feature_log', 'labels'])
    await client.command({
      query: `ALTER TABLE ${table} DELETE WHERE topology = {topology:String} SETTINGS mutations_sync = 2`,
      query_params: { topology },
    });
  await client.close();
}

t.test('rows that are gone come back, from events that the main target has sealed', async (t) => {
  const { file } = await topologyFile(
    'sealed',
    "archive: true, sensitive: { card: 'hash', email: 'encrypt' }, entity: 'card',",
  );
  const world = openWorld(folder, 'sealed', clickhouseUrl());
  Object.assign(world.settings, PERSONAL_SETTINGS);
  await succeeds(t, ['load', file, events], world);
  await succeeds(t, ['run', file, '--until-caught-up'], world);
  const [main, live] = [
    await historyRows(world.database, 'payments'),
    await historyRows(world.database, OTHER),
  ];
  t.ok(live.length > EVENTS / 3 && live.some(({ label }) => label !== null), `${live.length} rows`);
  await deleteRows(world.database, OTHER);
  const said = await succeeds(t, ['backfill', file, '--from', 'archive', '--target', 'loss'], world);
  t.match(said, /archive of payments, offsets/);
  const again = await historyRows(world.database, OTHER);
  t.ok(again.every(isBackfilled));
  t.strictSame(unflagged(again), live, 'predictions, features and labels, corrected and taken back');
  t.strictSame(await historyRows(world.database, 'payments'), main, 'the main target is as it was');
});

t.test('a target goes on live from its state', async (t) => {
  const { file, other } = await topologyFile('plain', 'archive: true,');
  const base = openWorld(folder, 'base', clickhouseUrl());
  await succeeds(t, ['load', file, events], base);
  const one = openWorld(folder, 'undisturbed', clickhouseUrl(), base);
  await succeeds(t, ['run', file, '--until-caught-up'], one);
  const rows = await historyRows(one.database, OTHER);
  const two = { ...openWorld(folder, 'seeded', clickhouseUrl(), base), database: one.database };
  two.settings['MILLRACE_CLICKHOUSE_URL'] = `${clickhouseUrl()}/${one.database}`;
  const words = ['backfill', file, '--from', 'archive', '--to-time', HALF_TEXT, '--target', 'loss'];
  t.match(await succeeds(t, [...words, '--seed-state'], two), /the live engine starts at offset [1-9]/);
  t.strictSame(await historyRows(one.database, OTHER), rows, 'rows of the live run stay as they are');
  await succeeds(t, ['run', file, '--until-caught-up'], two);
  t.strictSame(
    await stateOf(two, other),
    await stateOf(one, other),
    'state, labels that may be corrected included',
  );
  t.strictSame(await historyRows(one.database, OTHER), rows);
});

t.test('without an archive there is none of a target', async (t) => {
  const { file } = await topologyFile('unarchived', '');
  const world = openWorld(folder, 'unarchived', clickhouseUrl());
  await refused(
    t,
    ['backfill', file, '--from', 'archive', '--target', 'loss'],
    world,
    /the source has no archive.*Declare archive: true/s,
  );
});
