// `millrace erase` with everything embedded: nothing of the entity is in the files afterwards, or after a rebuild.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { EmbeddedErasure } from '../../support/embedded-erasure.ts';

t.setTimeout(120_000);

const world = new EmbeddedErasure(t.testdir({}), [
  "m.dedupe({ by: ['card', 'id'] })",
  "m.features({ views: { card: m.view(['card'], { n: m.count({ over: m.sliding(m.hours(5)) }) }) } })",
  "m.score({ key: 'id', fallback: 0.5 })",
]);
const { data, file } = world;

t.test('an entity is erased', async (t) => {
  await world.play();
  const has = (name: string, card: string): boolean => world.count(name, card) > 0;
  for (const name of ['state.db', 'log.db'])
    for (const card of ['ann', 'bob']) t.ok(has(name, card), `${card} in ${name}`);

  const report = await world.command('erase', file, 'ann');
  t.match(report, /partition 0: its events below offset \d/);
  t.match(report, /feature_log +2 rows deleted/);
  t.match(report, /predictions +2 rows deleted/);
  for (const name of ['state.db', 'log.db']) {
    t.notOk(has(name, 'ann'), `ann in ${name}`);
    t.ok(has(name, 'bob'), `bob in ${name}`);
  }
  t.match(await world.command('audit', 'list', file), /erasure {2}entity [\da-f]{64}/);

  rmSync(join(data, 'state.db'));
  await world.command('run', file, '--until-caught-up');
  t.notOk(has('state.db', 'ann'));
  t.ok(has('state.db', 'bob'));
});

t.test('what cannot be erased is refused', async (t) => {
  const empty = await world.run('erase', file, '');
  t.match(empty.stderr, /CONFIG_INVALID: an entity has 1 to/);
  const other = await world.run('erase', 'topologies/flights.ts', 'JFK');
  t.equal(other.code, 1);
  t.match(other.stderr, /does not name the column that says whose an event is.*entity: 'card'/);
});
