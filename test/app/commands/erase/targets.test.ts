// `millrace erase` for a topology with two targets, everything embedded: nothing of the entity is in the state of either
// afterwards, or after a rebuild from the archive that they share.
import { createHmac, randomBytes } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import t from 'tap';
import { millrace } from '../../../support/cli.ts';

t.setTimeout(240_000);

const folder = t.testdir({});
const data = join(folder, 'data');
const file = join(folder, 'payments.ts');
const hashKey = randomBytes(32);
const settings = {
  MILLRACE_DATA: data,
  MILLRACE_PORT: '0',
  MILLRACE_HASH_KEY: hashKey.toString('base64'),
  MILLRACE_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
};

writeFileSync(
  file,
  `import * as m from '${resolve(import.meta.dirname, '../../../../src/index.ts')}';
const { string, double, timestamp } = m;
export default m.defineTopology(
  m.source('payments', {
    schema: { id: string, card: string, amount: double, at: timestamp }, eventTime: 'at', partitions: 1, archive: true,
    sensitive: { card: 'hash' }, entity: 'card',
  }),
  { name: 'payments', stages: [
    m.contract([m.range('amount', 0, 100)]),
    m.features({ views: { card: m.view(['card'], { n: m.count({ over: m.sliding(m.hours(5)) }) }) } }),
    m.score({ key: 'id', fallback: 0.5 }),
    m.score('spend', { key: 'id', fallback: 0.25 }),
  ] },
);
`,
);

async function command(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await millrace(args, settings);
  if (code !== 0) throw new Error(stderr);
  return stdout;
}

interface Report {
  readonly topology: string;
  readonly partitions: ReadonlyArray<{ readonly below: number }>;
  readonly erased: ReadonlyArray<{ readonly where: string; readonly what: string }>;
}

t.test('an entity is erased from every target', async (t) => {
  const events = join(folder, 'events.jsonl');
  const rows = ['ann', 'bob', 'ann', 'bob', 'ann'].map((card, i) => {
    const id = `${card}-${i}`;
    return JSON.stringify({ id, card, amount: i === 4 ? 900 : i, at: Date.UTC(2026, 0, 1) + i });
  });
  writeFileSync(events, `${rows.join('\n')}\n`);
  await command('load', file, events);
  await command('run', file, '--until-caught-up');
  const hashOf = (card: string): string => createHmac('sha256', hashKey).update(card).digest('base64url');
  const count = (card: string): number =>
    readFileSync(join(data, 'state.db')).toString('latin1').split(hashOf(card)).length - 1;
  t.ok(count('ann') >= 2 && count('bob') >= 2, 'each target has the entities');

  const { targets, ...main } = JSON.parse(await command('erase', file, 'ann', '--json')) as Report & {
    readonly targets: readonly Report[];
  };
  t.same(
    [main, ...targets].map(({ topology }) => topology),
    ['payments', 'payments.spend'],
  );
  for (const { partitions, erased } of [main, ...targets]) {
    t.same(
      partitions.map(({ below }) => below),
      [rows.length],
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
  await command('run', file, '--until-caught-up');
  t.equal(count('ann'), 0, 'a rebuild brings nothing back');
  t.ok(count('bob') >= 2, 'and has the other entity in both');
  const letters = await command('dead-letters', 'count', file);
  t.match(letters, /\b1\b/, 'the dead letter is there once');
});
