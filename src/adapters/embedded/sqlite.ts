// What the three SQLite files of a data folder have in common (control path): opening, transactions, and the table that
// turns SQLite's result codes into the engine's.
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { type ErrorCode, MillraceError, messageOf } from '../../core/errors.ts';
import { fileError } from '../../core/file-errors.ts';

/** Milliseconds that a statement waits for a write of another process. */
const BUSY_MS_MAX = 5_000;

/** The file's role, as error codes name it. */
export type SqliteRole = 'LOG' | 'STORE' | 'HISTORY';

type Fault = 'full' | 'busy' | 'away' | 'unusable' | 'damaged';

/** Primary result codes (sqlite.org/rescode.html); any other is a request that SQLite refuses. */
const FAULTS: ReadonlyMap<number, Fault> = new Map([
  [3, 'unusable'], // SQLITE_PERM
  [5, 'busy'], // SQLITE_BUSY
  [6, 'busy'], // SQLITE_LOCKED
  [7, 'away'], // SQLITE_NOMEM
  [8, 'unusable'], // SQLITE_READONLY
  [9, 'away'], // SQLITE_INTERRUPT
  [10, 'away'], // SQLITE_IOERR
  [11, 'damaged'], // SQLITE_CORRUPT
  [13, 'full'], // SQLITE_FULL
  [14, 'unusable'], // SQLITE_CANTOPEN
  [15, 'away'], // SQLITE_PROTOCOL
  [23, 'unusable'], // SQLITE_AUTH
  [26, 'damaged'], // SQLITE_NOTADB
]);

/** The low byte of an extended result code is the primary one. */
const PRIMARY_MASK = 0xff;

const REMEDIES: Readonly<Record<Fault, string>> = {
  full: 'Free space on the disk of the data folder.',
  busy: 'End the other program that has the file open.',
  away: 'Check the disk of the data folder.',
  unusable: 'Give a data folder (MILLRACE_DATA) that exists and that this process may write to.',
  damaged: 'Restore the file from a copy, or move it away to start without its content.',
};

function faultOf(error: unknown): Fault | null {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return null;
  return FAULTS.get(error.errcode & PRIMARY_MASK) ?? null;
}

/** Whether another connection has the lock. */
export function isBusy(error: unknown): boolean {
  return faultOf(error) === 'busy';
}

/** Whether SQLite found the file damaged, or no database at all. */
export function isDamaged(error: unknown): boolean {
  return faultOf(error) === 'damaged';
}

function codeOf(fault: Fault | null, role: SqliteRole): ErrorCode {
  switch (fault) {
    case 'full':
    case 'busy':
    case 'away':
      return `${role}_UNAVAILABLE`;
    case 'unusable':
      return 'CONFIG_INVALID';
    case 'damaged':
      return 'DATA_INVALID';
    case null:
      return `${role}_FAILED`;
  }
}

/** Maps an error of node:sqlite; a MillraceError stays what it is. @param what that failed: 'write an epoch' */
export function sqliteError(error: unknown, role: SqliteRole, what: string, where: string): MillraceError {
  if (error instanceof MillraceError) return error;
  const fault = faultOf(error);
  const remedy = fault === null ? {} : { remedy: REMEDIES[fault] };
  return new MillraceError(codeOf(fault, role), `SQLite did not ${what}: ${messageOf(error)}`, {
    where,
    ...remedy,
    cause: error,
  });
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw fileError(error, 'use the folder', folder, 'CONFIG_INVALID');
  }
}

/**
 * Opens or creates a file and runs `setup` in it; `:memory:` keeps all of it in memory. NORMAL in WAL mode: a killed
 * process loses nothing, a power cut at most the newest commits, never the file.
 */
export function openSqlite(path: string, setup: string): DatabaseSync {
  if (path !== ':memory:') makeFolder(dirname(path));
  const db = new DatabaseSync(path, { timeout: BUSY_MS_MAX });
  try {
    db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; ${setup}`);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** By name. Numbered parameters (?1) fail in Node 22.18: those that occur twice have names. */
export function prepareAll<N extends string>(
  db: DatabaseSync,
  sql: Readonly<Record<N, string>>,
): Readonly<Record<N, StatementSync>> {
  const prepared: Partial<Record<N, StatementSync>> = {};
  for (const [name, text] of Object.entries<string>(sql)) prepared[name as N] = db.prepare(text);
  return prepared as Record<N, StatementSync>; // every key of `sql` was prepared just above
}

/** One atomic write, serialised with those of other processes. Throws what failed first, not what failed to undo it. */
export function inTransaction<T>(db: DatabaseSync, work: () => T): T {
  db.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    db.exec('COMMIT');
    return result;
  } catch (error) {
    // SQLite itself has ended the transaction after a full disk or an I/O error.
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}
