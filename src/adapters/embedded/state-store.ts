// The state store port on node:sqlite (control path; its loops run once a barrier): the default without Redis.
//
// One file, or memory. A commit is one transaction: it survives a killed process, and a power cut loses at most the last
// commits (WAL with synchronous=NORMAL), after which a restart reads from an earlier offset.
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { MillraceError } from '../../core/errors.ts';
import { STATE_SWEEP_MS } from '../../core/limits.ts';
import type { StateDelta } from '../../core/state-delta.ts';
import { partitionName, type TopicPartition } from '../../core/topic-partition.ts';
import type { Checkpoint, StateStore, StateStores } from '../../ports/state-store.ts';
import { inTransaction, openSqlite, sqliteError } from './sqlite.ts';

const SCHEMA = `
PRAGMA cache_size = -65536;
CREATE TABLE IF NOT EXISTS meta (
  id INTEGER PRIMARY KEY, topology TEXT, topic TEXT, partition INTEGER,
  generation INTEGER, epoch INTEGER, offset INTEGER, watermark TEXT, model TEXT,
  UNIQUE (topology, topic, partition)
);
CREATE TABLE IF NOT EXISTS stages (id INTEGER, stage TEXT, s BLOB, PRIMARY KEY (id, stage)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS keyed (
  id INTEGER, key TEXT, s BLOB, v BLOB, t REAL, expires REAL, PRIMARY KEY (id, key)
) WITHOUT ROWID;
`;

/** The expiry of a key without TTL. */
const NEVER = Number.POSITIVE_INFINITY;

interface Statements {
  readonly openPartition: StatementSync;
  readonly findPartition: StatementSync;
  readonly announce: StatementSync;
  readonly checkpoint: StatementSync;
  readonly writeCheckpoint: StatementSync;
  readonly stages: StatementSync;
  readonly writeStage: StatementSync;
  readonly state: StatementSync;
  readonly served: StatementSync;
  readonly delete: StatementSync;
  readonly put: StatementSync;
  readonly append: StatementSync;
  readonly sweep: StatementSync;
}

/** Numbered parameters (?1) fail in Node 22.18: those that occur twice have names. */
function prepare(db: DatabaseSync): Statements {
  const onKey = 'ON CONFLICT (id, key) DO UPDATE SET';
  return {
    openPartition: db.prepare(
      'INSERT INTO meta (topology, topic, partition) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
    ),
    findPartition: db.prepare('SELECT id FROM meta WHERE topology = ? AND topic = ? AND partition = ?'),
    announce: db.prepare(
      `UPDATE meta SET generation = :generation
       WHERE id = :id AND (:takesOver OR coalesce(generation, :generation) <= :generation)`,
    ),
    checkpoint: db.prepare('SELECT generation, epoch, offset, watermark, model FROM meta WHERE id = ?'),
    writeCheckpoint: db.prepare(
      `UPDATE meta SET epoch = :epoch, offset = :offsetNext, watermark = :watermark, model = :modelVersion
       WHERE id = :id AND generation = :generation`,
    ),
    stages: db.prepare('SELECT stage, s FROM stages WHERE id = ?'),
    writeStage: db.prepare('INSERT OR REPLACE INTO stages VALUES (?, ?, ?)'),
    state: db.prepare('SELECT s FROM keyed WHERE id = ? AND key = ?'),
    served: db.prepare('SELECT v, t, expires FROM keyed WHERE id = ? AND key = ?'),
    delete: db.prepare('DELETE FROM keyed WHERE id = ? AND key = ?'),
    // Updating a row in place costs half of REPLACE, which deletes and inserts.
    put: db.prepare(
      `INSERT INTO keyed VALUES (?, ?, ?, ?, ?, ?)
       ${onKey} s = excluded.s, v = excluded.v, t = excluded.t, expires = excluded.expires`,
    ),
    append: db.prepare(
      `INSERT INTO keyed VALUES (?, ?, ?, NULL, ?, ?)
       ${onKey} s = CAST(s || excluded.s AS BLOB), t = excluded.t, expires = excluded.expires`,
    ),
    sweep: db.prepare('DELETE FROM keyed WHERE id = ? AND expires <= ?'),
  };
}

/** Opens or creates the file; `:memory:` keeps all of it in memory. Throws CONFIG_INVALID if it cannot be used. */
export class SqliteStateStores implements StateStores {
  readonly #db: DatabaseSync;
  readonly #statements: Statements;

  constructor(options: { readonly path: string }) {
    try {
      this.#db = openSqlite(options.path, SCHEMA);
      this.#statements = prepare(this.#db);
    } catch (error) {
      throw sqliteError(error, 'STORE', 'open the state store', options.path);
    }
  }

  open(topology: string, origin: TopicPartition): StateStore {
    this.#statements.openPartition.run(topology, origin.topic, origin.partition);
    const id = this.#statements.findPartition.get(topology, origin.topic, origin.partition)?.['id'];
    return new SqliteStateStore(
      this.#db,
      this.#statements,
      Number(id),
      `${topology}, ${partitionName(origin)}`,
    );
  }

  async served(
    topology: string,
    origin: TopicPartition,
    key: string,
  ): Promise<{ values: Float32Array; eventTimeMs: number } | null> {
    const id = this.#statements.findPartition.get(topology, origin.topic, origin.partition)?.['id'];
    if (id === undefined) return null;
    const row = this.#statements.served.get(Number(id), key);
    const vector = row?.['v'];
    if (row === undefined || !(vector instanceof Uint8Array)) return null;
    const watermarkMs = Number(this.#statements.checkpoint.get(Number(id))?.['watermark'] ?? Number.NaN);
    if (watermarkMs >= Number(row['expires'])) return null;
    const values = new Float32Array(vector.length / Float32Array.BYTES_PER_ELEMENT);
    new Uint8Array(values.buffer).set(vector.subarray(0, values.byteLength));
    return { values, eventTimeMs: Number(row['t']) };
  }

  async ping(): Promise<void> {
    this.#db.exec('SELECT 1');
  }

  async close(): Promise<void> {
    if (this.#db.isOpen) this.#db.close();
  }
}

class SqliteStateStore implements StateStore {
  readonly #db: DatabaseSync;
  readonly #statements: Statements;
  readonly #id: number;
  readonly #where: string;
  #generation: number | null = null;
  #sweptMs = Number.NEGATIVE_INFINITY;

  constructor(db: DatabaseSync, statements: Statements, id: number, where: string) {
    this.#db = db;
    this.#statements = statements;
    this.#id = id;
    this.#where = where;
  }

  async restore(generation: number, takesOver = false): Promise<Checkpoint | null> {
    if (
      this.#statements.announce.run({ id: this.#id, generation, takesOver: takesOver ? 1 : 0 }).changes === 0
    )
      throw this.#fenced(generation);
    this.#generation = generation;
    const row = this.#statements.checkpoint.get(this.#id);
    if (row === undefined || row['offset'] === null) return null;
    const stages = new Map<string, Uint8Array>();
    for (const { stage, s } of this.#statements.stages.all(this.#id)) {
      if (s instanceof Uint8Array) stages.set(String(stage), s);
    }
    return {
      epoch: Number(row['epoch']),
      offsetNext: Number(row['offset']),
      watermarkMs: Number(row['watermark']),
      modelVersion: String(row['model']),
      stages,
    };
  }

  async get(keys: readonly string[]): Promise<ReadonlyArray<Uint8Array | null>> {
    return keys.map((key) => {
      const state = this.#statements.state.get(this.#id, key)?.['s'];
      return state instanceof Uint8Array ? state : null;
    });
  }

  async check(): Promise<void> {
    const generation = this.#generation;
    const newest = this.#statements.checkpoint.get(this.#id)?.['generation'];
    if (generation !== null && Number(newest) > generation) throw this.#fenced(generation);
  }

  async commit(at: Omit<Checkpoint, 'stages'>, delta: StateDelta): Promise<void> {
    const generation = this.#generation;
    if (generation === null) {
      throw new MillraceError('INVARIANT', 'commit before restore announced a generation', {
        where: this.#where,
      });
    }
    const { writeCheckpoint } = this.#statements;
    try {
      inTransaction(this.#db, () => {
        const { epoch, offsetNext, modelVersion } = at;
        // As text: -Infinity is a watermark too, which a REAL can hold but no SQLite client shows.
        const watermark = String(at.watermarkMs);
        const written = writeCheckpoint.run({
          id: this.#id,
          generation,
          epoch,
          offsetNext,
          watermark,
          modelVersion,
        });
        if (written.changes === 0) throw this.#fenced(generation);
        this.#write(delta);
        this.#sweep(at.watermarkMs);
      });
    } catch (error) {
      throw sqliteError(error, 'STORE', 'commit state', this.#where);
    }
  }

  #write(delta: StateDelta): void {
    const { put, append, writeStage } = this.#statements;
    const id = this.#id;
    for (const key of delta.deletes) this.#statements.delete.run(id, key);
    for (const { key, state, served, eventTimeMs, ttlMs } of delta.puts) {
      put.run(id, key, state, served, eventTimeMs, ttlMs === null ? NEVER : eventTimeMs + ttlMs);
    }
    for (const { key, bytes, eventTimeMs, ttlMs } of delta.appends) {
      append.run(id, key, bytes, eventTimeMs, ttlMs === null ? NEVER : eventTimeMs + ttlMs);
    }
    for (const [stage, state] of delta.stages) writeStage.run(id, stage, state);
  }

  /** Deletes keys whose TTL has passed in event time: no result can depend on them. */
  #sweep(watermarkMs: number): void {
    if (watermarkMs < this.#sweptMs + STATE_SWEEP_MS) return;
    this.#sweptMs = watermarkMs;
    this.#statements.sweep.run(this.#id, watermarkMs);
  }

  #fenced(generation: number): MillraceError {
    const newer = this.#statements.checkpoint.get(this.#id)?.['generation'];
    return new MillraceError(
      'FENCED',
      `generation ${generation} is older than ${String(newer)}, the newest owner`,
      {
        where: this.#where,
        remedy: 'Stop this task: another one owns the partition.',
      },
    );
  }
}
