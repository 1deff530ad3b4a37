// The scripts and the files that the README names exist. Its code blocks are run by the other tests of this folder.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';

const root = join(import.meta.dirname, '..', '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');

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
