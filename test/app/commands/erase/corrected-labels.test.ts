// `millrace erase` of what a labels stage keeps for corrections, everything embedded: predictions with their labels, those whose
// label was taken back, and the time until which each is kept.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { SqliteStateStores } from '../../../../src/adapters/embedded/state-store.ts';
import { EmbeddedErasure, type ErasureRow } from '../../../support/embedded-erasure.ts';

t.setTimeout(240_000);

const world = new EmbeddedErasure(t.testdir({}), [
  "m.features({ when: { type: 'payment' }, views: { card: m.view(['card'], { n: m.count({ over: m.sliding(m.hours(5)) }) }) } })",
  "m.score({ key: 'id', fallback: 0.5 })",
  "m.labels({ key: 'id', when: { type: ['outcome', 'review'] }, withdrawn: { type: 'reversed' }, task: m.binary({ column: 'fraud' }), timeoutMs: m.hours(5), correctedWithinMs: m.hours(9) })",
]);

/** Keys of the stage's state, by their prefix, that name a card; of lists of time-outs, those that name one in what they list. */
async function kept(card: string): Promise<Record<string, number>> {
  const stores = new SqliteStateStores({ path: join(world.data, 'state.db') });
  const found: Record<string, number> = { 'p:': 0, 't:': 0, 'c:': 0, 'd:': 0 };
  for (const { key, state } of stores.dump('payments', { topic: 'payments', partition: 0 })) {
    const [, prefix = '', name = ''] = /^labels:([ptcd]:)(.*)$/s.exec(key) ?? [];
    const isList = prefix === 't:' || prefix === 'd:';
    const text = isList ? Buffer.from(state).toString('latin1') : name;
    if (text.includes(`${card}-`)) found[prefix] = (found[prefix] ?? 0) + 1;
  }
  await stores.close();
  return found;
}

const eventsOf = (card: string): ErasureRow[] => [
  { card, id: `${card}-labelled` },
  { card, id: `${card}-corrected` },
  { card, id: `${card}-reversed` },
  { card, id: `${card}-open` },
  { card, type: 'outcome', id: `${card}-labelled`, fraud: 0 },
  { card, type: 'outcome', id: `${card}-corrected`, fraud: 0 },
  { card, type: 'review', id: `${card}-corrected`, fraud: 1 },
  { card, type: 'outcome', id: `${card}-reversed`, fraud: 1 },
  { card, type: 'reversed', id: `${card}-reversed` },
];

t.test('predictions with a label, and lists of them, go with their entity', async (t) => {
  await world.play([...eventsOf('ann'), ...eventsOf('bob')]);
  const whole = { 'p:': 1, 't:': 1, 'c:': 3, 'd:': 1 };
  for (const card of ['ann', 'bob']) t.same(await kept(card), whole, card);
  const report = await world.command('erase', world.file, 'ann');
  t.match(report, /labels +5 rows deleted/, 'three labels, a correction and a withdrawal');
  t.same(await kept('ann'), { 'p:': 0, 't:': 0, 'c:': 0, 'd:': 0 });
  t.same(await kept('bob'), whole, 'the other entity keeps all of it');
});

t.test('a correction of what is erased finds nothing, and that of another entity its label', async (t) => {
  await world.play([
    { card: 'ann', type: 'review', id: 'ann-labelled', fraud: 1 },
    { card: 'bob', type: 'review', id: 'bob-labelled', fraud: 1 },
    { card: 'bob', type: 'outcome', id: 'bob-reversed', fraud: 0 },
  ]);
  t.same(await kept('bob'), { 'p:': 1, 't:': 1, 'c:': 3, 'd:': 1 });
});

t.test('a rebuild of the state brings nothing back', async (t) => {
  await world.command('erase', world.file, 'ann');
  for (const more of ['', '-wal', '-shm']) rmSync(join(world.data, `state.db${more}`), { force: true });
  await world.command('run', world.file, '--until-caught-up');
  t.same(await kept('ann'), { 'p:': 0, 't:': 0, 'c:': 0, 'd:': 0 });
  t.same(await kept('bob'), { 'p:': 1, 't:': 1, 'c:': 3, 'd:': 1 });
  const report = await world.command('erase', world.file, 'bob');
  t.match(report, /labels +7 rows deleted/, 'with a correction, and a label again behind a withdrawal');
  t.same(await kept('bob'), { 'p:': 0, 't:': 0, 'c:': 0, 'd:': 0 });
});
