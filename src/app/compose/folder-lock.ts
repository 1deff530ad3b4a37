// Locks a data folder for one engine (control path): the embedded log, state and history each have one writer.
// The lock is SQLite's, hence the operating system's: it ends with its process however that dies, and names no process. A
// process id would not do: in a container it is 1 in every life.
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { isBusy, isDamaged } from '../../adapters/embedded/sqlite.ts';
import { isCode, MillraceError, messageOf } from '../../core/errors.ts';
import { makeDataFolder } from './data-folder.ts';

const LOCK_FILE = 'engine.lock';
/** Names the process that has the lock, for the message. */
const OWNER_FILE = 'engine.pid';

/**
 * Locks the folder for this process; creates it if it does not exist.
 * @returns a function that releases the lock
 * @throws CONFIG_INVALID if another process has the lock, or the folder cannot be used
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  await makeDataFolder(folder);
  const lock = await acquire(folder);
  const owner = join(folder, OWNER_FILE);
  await writeFile(owner, String(process.pid)).catch(() => undefined); // for a message alone: a full disk must not matter
  return async () => {
    await rm(owner, { force: true }).catch(() => undefined);
    lock.close();
  };
}

/** Whether a process has the lock of the folder, which must exist: polled, so it leaves nothing but the lock file. */
export async function isLocked(folder: string): Promise<boolean> {
  try {
    const lock = await acquire(folder);
    lock.close();
    return false;
  } catch (error) {
    if (isCode(error, 'CONFIG_INVALID')) return true;
    throw error;
  }
}

/** A transaction that is never committed: it writes nothing, so it needs no space either. */
function open(file: string): DatabaseSync {
  const lock = new DatabaseSync(file, { timeout: 0 });
  try {
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock.close();
    throw error;
  }
}

/** A file that is no database carries no lock: it is replaced. */
async function openAnew(file: string): Promise<DatabaseSync> {
  try {
    return open(file);
  } catch (error) {
    if (!isDamaged(error)) throw error;
    await rm(file, { force: true });
    return open(file);
  }
}

async function acquire(folder: string): Promise<DatabaseSync> {
  try {
    return await openAnew(join(folder, LOCK_FILE));
  } catch (error) {
    if (isBusy(error)) {
      const pid = await readFile(join(folder, OWNER_FILE), 'utf8').catch(() => '');
      throw new MillraceError('CONFIG_INVALID', `${processName(pid)} uses this data folder`, {
        where: folder,
        remedy: 'End it, or set MILLRACE_DATA to another folder.',
      });
    }
    throw new MillraceError('CONFIG_INVALID', `the data folder cannot be locked: ${messageOf(error)}`, {
      where: folder,
      remedy: 'Set MILLRACE_DATA to a folder that this process may write to.',
      cause: error,
    });
  }
}

/** @param pid the content of the owner's file, which anyone may have written */
function processName(pid: string): string {
  return /^\d{1,10}$/.test(pid) ? `process ${pid}` : 'another process';
}
