// docs/operations.md names tests and metrics that exist.
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';

const root = join(import.meta.dirname, '..', '..');
const docs = readFileSync(join(root, 'docs', 'operations.md'), 'utf8');
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

t.test('every log message that a runbook quotes is in the code', (t) => {
  const sources = globSync('src/**/*.ts', { cwd: root })
    .map((file) => readFileSync(join(root, file), 'utf8'))
    .join('\n');
  const quoted = [...docs.matchAll(/`([a-z]+(?:[ ,:]+[a-z]+){3,})`/g)].map(([, text = '']) => text);
  t.ok(quoted.length >= 3);
  for (const text of quoted) t.ok(sources.includes(text), text);
  t.end();
});
