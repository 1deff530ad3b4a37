// The SQLite file of the state store (control path): its tables, and what happens when it is damaged. State can be
// rebuilt from the log, so a file that cannot be used is moved away and a new one takes its place.
import { renameSync, rmSync } from 'node:fs';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { messageOf } from '../../core/errors.ts';
import { StateLost } from '../../core/lost-state.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { isDamaged, openSqlite, prepareAll, sqliteError } from './sqlite.ts';

/** Changes with the tables and what is in them: what another version has written is rebuilt. */
const VERSION = 2;

const SCHEMA = `
PRAGMA cache_size = -65536;
PRAGMA user_version = ${VERSION};
CREATE TABLE IF NOT EXISTS meta (
  id INTEGER PRIMARY KEY, topology TEXT, topic TEXT, partition INTEGER,
  generation INTEGER, epoch INTEGER, offset INTEGER, watermark TEXT, model TEXT, seal TEXT,
  UNIQUE (topology, topic, partition)
);
CREATE TABLE IF NOT EXISTS stages (id INTEGER, stage TEXT, s BLOB, PRIMARY KEY (id, stage)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS keyed (
  id INTEGER, key TEXT, s BLOB, n INTEGER, v BLOB, t REAL, expires REAL, PRIMARY KEY (id, key)
) WITHOUT ROWID;
`;

const SQL = {
  openPartition: 'INSERT INTO meta (topology, topic, partition) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
  findPartition: 'SELECT id FROM meta WHERE topology = ? AND topic = ? AND partition = ?',
  announce: `UPDATE meta SET generation = :generation
     WHERE id = :id AND (:takesOver OR coalesce(generation, :generation) <= :generation)`,
  checkpoint: 'SELECT generation, epoch, offset, watermark, model, seal FROM meta WHERE id = ?',
  writeCheckpoint: `UPDATE meta SET epoch = :epoch, offset = :offsetNext, watermark = :watermark, model = :modelVersion,
     seal = :seal WHERE id = :id AND generation = :generation`,
  clearCheckpoint: 'UPDATE meta SET epoch = NULL, offset = NULL, seal = NULL WHERE id = ?',
  stages: 'SELECT stage, s FROM stages WHERE id = ?',
  stage: 'SELECT s FROM stages WHERE id = ? AND stage = ?',
  writeStage: 'INSERT OR REPLACE INTO stages VALUES (?, ?, ?)',
  clearStages: 'DELETE FROM stages WHERE id = ?',
  state: 'SELECT s, n FROM keyed WHERE id = ? AND key = ?',
  served: 'SELECT s, n, t FROM keyed WHERE id = ? AND key = ?',
  all: 'SELECT key, s, v, t, expires FROM keyed WHERE id = ? ORDER BY key',
  delete: 'DELETE FROM keyed WHERE id = ? AND key = ?',
  clearKeys: 'DELETE FROM keyed WHERE id = ?',
  // Updating a row in place costs half of REPLACE, which deletes and inserts.
  put: `INSERT INTO keyed VALUES (:id, :key, :s, length(:s), :v, :t, :expires)
     ON CONFLICT (id, key) DO UPDATE SET s = excluded.s, n = excluded.n, v = excluded.v, t = excluded.t,
     expires = excluded.expires`,
  append: `INSERT INTO keyed VALUES (:id, :key, :s, length(:s), NULL, :t, :expires)
     ON CONFLICT (id, key) DO UPDATE SET s = CAST(s || excluded.s AS BLOB), n = n + excluded.n, t = excluded.t,
     expires = excluded.expires`,
  sweep: 'DELETE FROM keyed WHERE id = ? AND expires <= ?',
} as const;

export type StateStatements = Readonly<Record<keyof typeof SQL, StatementSync>>;

interface Opened {
  readonly db: DatabaseSync;
  readonly statements: StateStatements;
}

export class StateFile {
  readonly path: string;
  readonly #telemetry: Telemetry | null;
  #opened: Opened;
  /** Counts the files that took another's place: row ids of an earlier one mean nothing. */
  replaced = 0;

  /** @throws CONFIG_INVALID if the path cannot be used, STORE_UNAVAILABLE for a full disk and the like */
  constructor(path: string, telemetry: Telemetry | null) {
    this.path = path;
    this.#telemetry = telemetry;
    try {
      this.#opened = this.#open();
    } catch (error) {
      throw sqliteError(error, 'STORE', 'open the state store', path);
    }
  }

  /** Runs statements; a damaged file is replaced, and its state is lost. */
  run<T>(what: string, where: string, work: (opened: Opened) => T): T {
    try {
      return work(this.#opened);
    } catch (error) {
      if (!isDamaged(error)) throw sqliteError(error, 'STORE', what, where);
      this.#opened.db.close();
      this.#moveAway(messageOf(error));
      this.#opened = this.#open();
      this.replaced += 1;
      throw this.lost(where, error);
    }
  }

  lost(where: string, cause?: unknown): StateLost {
    return new StateLost([], 'the file of the state store was damaged and has been replaced', where, cause);
  }

  close(): void {
    if (this.#opened.db.isOpen) this.#opened.db.close();
  }

  #open(): Opened {
    try {
      return this.#openOnce();
    } catch (error) {
      if (!isDamaged(error) && !(error instanceof OtherVersion)) throw error;
      this.#moveAway(messageOf(error));
      return this.#openOnce();
    }
  }

  #openOnce(): Opened {
    const db = openSqlite(this.path, '');
    try {
      const { tables } = db.prepare('SELECT count(*) AS tables FROM sqlite_schema').get() ?? {};
      const { user_version: version } = db.prepare('PRAGMA user_version').get() ?? {};
      if (Number(tables) > 0 && version !== VERSION) throw new OtherVersion(String(version));
      db.exec(SCHEMA);
      return { db, statements: prepareAll(db, SQL) };
    } catch (error) {
      db.close();
      throw error;
    }
  }

  /** The name is reused, so that files that are damaged again and again do not fill the disk. */
  #moveAway(why: string): void {
    const to = `${this.path}.damaged`;
    this.#telemetry?.warn('the state store cannot be used: its file was moved away, and state is rebuilt', {
      why,
      file: this.path,
      to,
    });
    for (const suffix of ['', '-wal', '-shm']) rmSync(to + suffix, { force: true });
    renameSync(this.path, to);
    for (const suffix of ['-wal', '-shm']) rmSync(this.path + suffix, { force: true });
  }
}

class OtherVersion extends Error {
  constructor(version: string) {
    super(`the state is of version ${version}, not ${VERSION}`);
  }
}
