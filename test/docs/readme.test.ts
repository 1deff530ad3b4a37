// The README's own code: its topology is loaded and driven as it stands there, and its commands exist.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import { schemaOf, TopologyDriver, type Row } from '../../src/testing/index.ts';
import type { Topology } from '../../src/index.ts';

const root = join(import.meta.dirname, '..', '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const blocks = (language: string): string[] =>
  [...readme.matchAll(new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, 'g'))].map(
    (match) => match[1] ?? '',
  );

t.test('the topology of the README runs as it is written', async (t) => {
  const file = join(root, 'topologies', `readme-${process.pid}.ts`);
  writeFileSync(file, blocks('ts')[0] ?? '');
  t.teardown(() => rmSync(file));
  const { default: payments } = (await import(pathToFileURL(file).href)) as { default: Topology };
  const payment: Row = { type: 'payment', id: '1', card: 'a', amount: 12, disputed: null, at: 0 };
  const settled: Row = { ...payment, type: 'settled', disputed: 1, at: 1 };
  const driver = new TopologyDriver(payments, { schema: schemaOf([payment, settled]) });
  await driver.send([payment, settled, { ...payment, id: '2', card: null }]);
  t.equal(driver.predictions[0]?.features['card.payments_1h'], 1, 'as the second block says');
  t.same(driver.labels, [{ key: '1', label: 1, score: driver.predictions[0]?.score }]);
  t.match(driver.deadLetters, [{ code: 'CONTRACT_NULL' }]);
});

t.test('every npm script that the README names exists', async (t) => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const named = [
    ...readme.matchAll(/npm (?:run )?(start|test|services|millrace|produce|bench|chaos|check)\b/g),
  ];
  t.ok(named.length > 4);
  for (const [, name] of named) t.type(scripts[String(name)], 'string', String(name));
});

t.test('every file that the README links to exists', async (t) => {
  for (const [, link] of readme.matchAll(/\]\(((?!http)[^)#]+)\)/g))
    t.ok(readFileSync(join(root, String(link))).length, String(link));
});
