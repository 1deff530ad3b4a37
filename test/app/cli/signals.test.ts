// The cause of an end is printed when it happens, not after a shutdown that may be cut short.
import { spawn } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import t from 'tap';

const module = pathToFileURL(join(import.meta.dirname, '../../../src/app/cli/signals.ts')).href;
const script = `
  const { untilSignal } = await import(${JSON.stringify(module)});
  setTimeout(() => { throw new Error('the cause'); }, 1);
  await untilSignal();
  setInterval(() => {}, 1000); // a shutdown that does not end
`;
const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
  stdio: ['ignore', 'ignore', 'pipe'],
});
let text = '';
for await (const chunk of child.stderr) {
  text += String(chunk);
  if (text.includes('\n')) break;
}
child.kill('SIGKILL');
t.match(text, 'millrace: the process ends: the cause');
