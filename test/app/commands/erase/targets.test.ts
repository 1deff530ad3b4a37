// `millrace erase` for a topology with two targets, everything embedded: nothing of the entity is in the state of either
// afterwards, or after a rebuild from the archive that they share.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { EmbeddedErasure } from '../../../support/embedded-erasure.ts';

t.setTimeout(240_000);

const world = new EmbeddedErasure(t.testdir({}), [
  "m.features({ views: { card: m.view(['card'], { n: m.count({ over: m.sliding(m.hours(5)) }) }) } })",
  "m.score({ key: 'id', fallback: 0.5 })",
  "m.score('spend', { key: 'id', fallback: 0.25 })",
]);
const { data, file } = world;

interface Report {
  readonly topology: string;
  readonly partitions: ReadonlyArray<{ readonly below: number }>;
  readonly erased: ReadonlyArray<{ readonly where: string; readonly what: string }>;
}

t.test('an entity is erased from every target', async (t) => {
  await world.play();
  const count = (card: string): number => world.count('state.db', card);
  t.ok(count('ann') >= 2 && count('bob') >= 2, 'each target has the entities');

  const { targets, ...main } = JSON.parse(await world.command('erase', file, 'ann', '--json')) as Report & {
    readonly targets: readonly Report[];
  };
  t.same(
    [main, ...targets].map(({ topology }) => topology),
    ['payments', 'payments.spend'],
  );
  for (const { partitions, erased } of [main, ...targets]) {
    t.same(
      partitions.map(({ below }) => below),
      [world.rows],
    );
    t.match(
      erased.find(({ where }) => where === 'feature_log'),
      { what: '2 rows deleted' },
    );
  }
  t.equal(count('ann'), 0);
  t.ok(count('bob') >= 2);

  rmSync(join(data, 'state.db'), { force: true });
  for (const more of ['-wal', '-shm']) rmSync(join(data, `state.db${more}`), { force: true });
  await world.command('run', file, '--until-caught-up');
  t.equal(count('ann'), 0, 'a rebuild brings nothing back');
  t.ok(count('bob') >= 2, 'and has the other entity in both');
  const letters = await world.command('dead-letters', 'count', file);
  t.match(letters, /\b1\b/, 'the dead letter is there once');
});
