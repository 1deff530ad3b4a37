// The command of docs/extending.md about settings, on the topology of the page.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { millrace } from '../support/cli.ts';
import { codeBlocks, commandsOf, root, shellBlock } from './pages.ts';

const folder = join(root, 'test', '.cache', `extending-${process.pid}`);
mkdirSync(folder, { recursive: true });
t.teardown(() => rmSync(folder, { recursive: true, force: true }));

for (const { code } of codeBlocks('docs/extending.md')) {
  const file = /^\/\/ file: ([\w./-]+\.ts)\n/.exec(code)?.[1];
  if (file !== undefined) writeFileSync(join(folder, file), code);
}

await t.test('settings of a project are listed and checked', async (t) => {
  const [command = ''] = commandsOf(shellBlock('docs/extending.md', 'A setting'));
  const [, name = '', value = '', words = ''] = /^(\w+)=(\S+) npx millrace (.*)$/.exec(command) ?? [];
  const [verb = '', file = ''] = words.split(' ');
  const ended = await millrace([verb, join(folder, file)], { [name]: value });
  t.not(words, '', command);
  t.match(ended.stdout + ended.stderr, name, 'the setting of the project is listed');
});
