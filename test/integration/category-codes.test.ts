// The codes of categories as a program in Python computes them: the example of the documentation.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { categoryCode } from '../../src/core/murmur2.ts';
import { ensureCommand } from '../../tools/services/install.ts';

const python = ensureCommand('python3', 'python3', 'the example of the documentation');
const folder = join(import.meta.dirname, '../../docs/examples/trainers');

t.test('a category has the same code in Python', async (t) => {
  const word = fc.string({ unit: 'grapheme', maxLength: 20 });
  const words = [
    '',
    'a',
    'ab',
    'abc',
    'abcd',
    'sedan',
    'Zürich',
    '東京',
    ...fc.sample(word, { numRuns: 500, seed: 7 }),
  ];
  const script = `import json, sys; sys.path.insert(0, sys.argv[1]); from categories import category_code
print(json.dumps([category_code(word) for word in json.load(sys.stdin.buffer)]))`;
  const output = execFileSync(python, ['-B', '-c', script, folder], {
    input: JSON.stringify(words),
    encoding: 'utf8',
  });
  t.strictSame(JSON.parse(output), words.map(categoryCode));
  const lines = execFileSync(python, [join(folder, 'categories.py'), 'sedan', 'van'], { encoding: 'utf8' });
  t.equal(lines, `${categoryCode('sedan')} sedan\n${categoryCode('van')} van\n`);
});
