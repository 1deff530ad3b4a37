// docs/metrics.md says which of the declared metrics nobody records yet: those whose name no other source file has.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { metrics, NAMESPACE } from '../../src/adapters/metrics/metric-names.ts';

const root = join(import.meta.dirname, '..', '..');
const docs = readFileSync(join(root, 'docs', 'metrics.md'), 'utf8');
const sources = globSync('src/**/*.ts', { cwd: root })
  .filter((file) => !file.endsWith('metric-names.ts'))
  .map((file) => readFileSync(join(root, file), 'utf8'))
  .join('\n');

const said = /^Declared, and not recorded yet: (.*)\.$/m.exec(docs)?.[1] ?? '';
const silent = Object.keys(metrics).filter((name) => !sources.includes(`'${name}'`));
t.ok(Object.keys(metrics).length > silent.length, 'most are recorded');
t.same(
  said.match(/millrace_\w+/g) ?? [],
  silent.map((name) => NAMESPACE + name),
  'a metric that is recorded now leaves the list in docs/metrics.md',
);
