// `millrace erase` with everything embedded: nothing of the entity is in the files afterwards, or after a rebuild.
import { createHmac, randomBytes } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import t from 'tap';
import { millrace } from '../../support/cli.ts';

t.setTimeout(120_000);

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
  `import * as m from '${resolve(import.meta.dirname, '../../../src/index.ts')}';
const { string, double, timestamp } = m;
export default m.defineTopology(
  m.source('payments', {
    schema: { id: string, card: string, amount: double, at: timestamp }, eventTime: 'at', partitions: 1, archive: true,
    sensitive: { card: 'hash' }, entity: 'card',
  }),
  { name: 'payments', stages: [
    m.contract([m.range('amount', 0, 100)]),
    m.dedupe({ by: ['card', 'id'] }),
    m.features({ views: { card: m.view(['card'], { n: m.count({ over: m.sliding(m.hours(5)) }) }) } }),
    m.score({ key: 'id', fallback: 0.5 }),
  ] },
);
`,
);

async function command(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await millrace(args, settings);
  if (code !== 0) throw new Error(stderr);
  return stdout;
}

t.test('an entity is erased', async (t) => {
  const events = join(folder, 'events.jsonl');
  const rows = ['ann', 'bob', 'ann', 'bob', 'ann'].map((card, i) => {
    const id = `${card}-${i}`;
    return JSON.stringify({ id, card, amount: i === 4 ? 900 : i, at: Date.UTC(2026, 0, 1) + i });
  });
  writeFileSync(events, `${rows.join('\n')}\n`);
  await command('load', file, events);
  await command('run', file, '--until-caught-up');
  const hashOf = (card: string): string => createHmac('sha256', hashKey).update(card).digest('base64url');
  const has = (name: string, card: string): boolean =>
    readFileSync(join(data, name)).includes(Buffer.from(hashOf(card)));
  for (const name of ['state.db', 'log.db'])
    for (const card of ['ann', 'bob']) t.ok(has(name, card), `${card} in ${name}`);

  const report = await command('erase', file, 'ann');
  t.match(report, /partition 0: its events below offset \d/);
  t.match(report, /feature_log +2 rows deleted/);
  t.match(report, /predictions +2 rows deleted/);
  for (const name of ['state.db', 'log.db']) {
    t.notOk(has(name, 'ann'), `ann in ${name}`);
    t.ok(has(name, 'bob'), `bob in ${name}`);
  }
  t.match(await command('audit', 'list', file), /erasure {2}entity [\da-f]{64}/);

  rmSync(join(data, 'state.db'));
  await command('run', file, '--until-caught-up');
  t.notOk(has('state.db', 'ann'));
  t.ok(has('state.db', 'bob'));
});

t.test('what cannot be erased is refused', async (t) => {
  const empty = await millrace(['erase', file, ''], settings);
  t.match(empty.stderr, /CONFIG_INVALID: an entity has 1 to/);
  const other = await millrace(['erase', 'topologies/flights.ts', 'JFK'], settings);
  t.equal(other.code, 1);
  t.match(other.stderr, /does not name the column that says whose an event is.*entity: 'card'/);
});
