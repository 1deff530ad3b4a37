// Kills a backfill while it hands its state over: a module that the process loads first, which counts the transactions of the
// embedded log and state from the first partition that is handed over.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Writes the module. @returns the options of Node with which a process is killed behind that many transactions */
export function killedBehind(folder: string, progress: string, commits: number): string {
  const file = join(folder, `kill-${commits}.mjs`);
  writeFileSync(
    file,
    `import { readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
const { exec } = DatabaseSync.prototype;
let left = ${commits};
function isHanding() {
  try {
    return JSON.parse(readFileSync(${JSON.stringify(progress)}, 'utf8')).handing.length > 0;
  } catch {
    return false;
  }
}
DatabaseSync.prototype.exec = function (sql) {
  exec.call(this, sql);
  if (sql === 'COMMIT' && isHanding() && --left === 0) process.kill(process.pid, 'SIGKILL');
};
`,
  );
  return `--import ${pathToFileURL(file).href}`;
}

/** The partitions that a backfill has begun to hand over, in their order; none before. */
export function handedIn(progress: string): readonly string[] {
  if (!existsSync(progress)) return [];
  const { handing } = JSON.parse(readFileSync(progress, 'utf8')) as { readonly handing: readonly string[] };
  return handing;
}
