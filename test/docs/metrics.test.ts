// Every declared metric is recorded: some other source file has its name.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { metrics } from '../../src/adapters/metrics/metric-names.ts';

const root = join(import.meta.dirname, '..', '..');
const sources = globSync('src/**/*.ts', { cwd: root })
  .filter((file) => !file.endsWith('metric-names.ts'))
  .map((file) => readFileSync(join(root, file), 'utf8'))
  .join('\n');

t.ok(Object.keys(metrics).length > 30);
for (const name of Object.keys(metrics)) t.ok(sources.includes(`'${name}'`), `${name} is recorded`);
