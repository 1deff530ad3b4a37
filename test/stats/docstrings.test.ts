// The examples in the docstrings of src/stats run, and every `expression // => value` line holds.
import { readdirSync, readFileSync } from 'node:fs';
import { compileFunction } from 'node:vm';
import t from 'tap';

const folder = new URL('../../src/stats/', import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith('.ts'));

/** Everything exported by src/stats, by name. */
const scope: Record<string, unknown> = {};
for (const file of files) Object.assign(scope, await import(new URL(file, folder).href));

for (const file of files) {
  const source = readFileSync(new URL(file, folder), 'utf8');
  for (const [, block = ''] of source.matchAll(/^ \* ```ts\n([\s\S]*?)^ \* ```/gm)) {
    const code = block.replace(/^ \* ?/gm, '');
    let checks = 0;
    const body = code.replace(/^(.*?);? \/\/ => (.*)$/gm, (_, actual: string, expected: string) => {
      checks += 1;
      return `check((${actual}), (${expected}));`;
    });
    t.test(`${file}: ${code.split('\n')[0]}`, (t) => {
      t.ok(checks > 0, 'the example states its results');
      const check = (actual: unknown, expected: unknown): void => {
        t.same(actual, expected);
      };
      compileFunction(`{${body}}`, ['check', ...Object.keys(scope)])(check, ...Object.values(scope));
      t.end();
    });
  }
}
