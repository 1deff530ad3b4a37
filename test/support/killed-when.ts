// Kills a process of a backfill at a stated instant: a module that each process loads first, which looks at the progress that
// is written.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * Writes the module.
 * @param when an expression over `file`, the path of a progress that has just been written, and `saved`, its content
 * @param victim an expression: the process that is killed then
 * @returns the options of Node
 */
export function killedWhen(folder: string, name: string, when: string, victim = 'process.pid'): string {
  const file = join(folder, `kill-${name}.mjs`);
  writeFileSync(
    file,
    `import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
const { renameSync } = fs;
fs.renameSync = (from, file) => {
  renameSync(from, file);
  if (!String(file).endsWith('progress.json')) return;
  const saved = JSON.parse(fs.readFileSync(file, 'utf8'));
  if (${when}) process.kill(${victim}, 'SIGKILL');
};
syncBuiltinESMExports();
`,
  );
  return `--import ${pathToFileURL(file).href}`;
}
