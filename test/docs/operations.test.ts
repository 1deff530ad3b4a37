// The settings table of docs/operations.md is the code's: the same settings, and defaults that change nothing.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { readConfig } from '../../src/app/settings/config.ts';

const root = join(import.meta.dirname, '..', '..');
const docs = readFileSync(join(root, 'docs', 'operations.md'), 'utf8');
const source = readFileSync(join(root, 'src', 'app', 'settings', 'config.ts'), 'utf8');

const table = /<!-- settings -->(.*?)<!-- \/settings -->/s.exec(docs)?.[1] ?? '';
const rows = [...table.matchAll(/^\| `(MILLRACE_\w+)` +\| (\S+) +\| (.+?) +\|$/gm)].map(
  ([, name = '', value = '', meaning = '']) => ({ name, value: value.replaceAll('`', ''), meaning }),
);
const settings = [...source.matchAll(/^ {2}(MILLRACE_\w+):/gm)].map(([, name = '']) => name);

t.test('the table lists the settings of the code, each once', (t) => {
  t.ok(settings.length >= 14, 'the settings were found');
  t.same(rows.map(({ name }) => name).sort(), [...settings].sort());
  t.end();
});

t.test('a default that is named is the default', (t) => {
  const unset = readConfig({});
  for (const { name, value } of rows) {
    if (value === 'none') t.match(source, new RegExp(`${name}: optional\\(`), `${name} has no default`);
    else t.same(readConfig({ [name]: value }), unset, `${name}=${value}`);
  }
  t.end();
});

t.test('every test that a guarantee names exists', (t) => {
  const named = [...docs.matchAll(/`(test\/[\w/.-]+\.ts)`/g)].map(([, file = '']) => file);
  t.ok(named.length > 10);
  for (const file of new Set(named)) t.ok(existsSync(join(root, file)), file);
  t.end();
});

t.test('every metric to watch is in docs/metrics.md', (t) => {
  const metrics = readFileSync(join(root, 'docs', 'metrics.md'), 'utf8');
  // Those of the process come with the client library: docs/metrics.md does not list them.
  const watched = [...docs.matchAll(/`(millrace_(?!nodejs_)[a-z_]+)`/g)].map(([, name = '']) => name);
  t.ok(watched.length > 10);
  for (const name of new Set(watched)) t.match(metrics, `\`${name}\``, name);
  t.end();
});
