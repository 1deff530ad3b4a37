// Locks a data folder for one engine (control path): the embedded log, state and history each have one writer.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MillraceError } from '../../core/errors.ts';

const TRIES_MAX = 3;

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: the process is alive and belongs to another user.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/**
 * Locks the folder for this process; the lock of a process that has ended is taken over.
 * @returns a function that releases the lock
 * @throws CONFIG_INVALID if another process has the lock
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  await mkdir(folder, { recursive: true });
  const file = join(folder, 'engine.pid');
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    try {
      await writeFile(file, String(process.pid), { flag: 'wx' });
      return () => rm(file, { force: true });
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
    const pid = Number(await readFile(file, 'utf8').catch(() => '0'));
    if (pid > 0 && isAlive(pid)) {
      throw new MillraceError('CONFIG_INVALID', `process ${pid} uses this data folder`, {
        where: folder,
        remedy: 'End it, or set MILLRACE_DATA to another folder.',
      });
    }
    await rm(file, { force: true });
  }
  throw new MillraceError('CONFIG_INVALID', 'another process locks this data folder at the same time', {
    where: folder,
  });
}
