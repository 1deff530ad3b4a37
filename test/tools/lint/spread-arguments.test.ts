import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';

const root = join(import.meta.dirname, '..', '..', '..');
const folders = '{src,tools,bench,demo,topologies,test/chaos,test/gauntlet,test/support}';

/** A whole array as arguments: some 120,000 elements exceed the stack with a RangeError. */
const SPREAD = /\.(push|unshift|splice)\([^()]*\.\.\.[\w.#]+\)|String\.from(CharCode|CodePoint)\(\.\.\./;

t.test('no array of any length is spread into arguments', (t) => {
  const found = globSync(`${folders}/**/*.{ts,js}`, { cwd: root })
    .filter((file) => !file.includes('node_modules'))
    .flatMap((file) =>
      readFileSync(join(root, file), 'utf8')
        .split('\n')
        .flatMap((line, index) => (SPREAD.test(line) ? [`${file}:${index + 1}: ${line.trim()}`] : [])),
    );
  t.same(found, [], 'append in a loop, or make a new array');
  t.end();
});
