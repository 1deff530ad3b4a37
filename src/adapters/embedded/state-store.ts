// The state store port on node:sqlite (control path; its loops run once a barrier): the default without Redis.
//
// One file, or memory. A commit is one transaction: it survives a killed process, and a power cut loses at most the last
// commits, after which a restart reads from an earlier offset.
import type { DatabaseSync } from 'node:sqlite';
import { sealCheckpoint } from '../../core/checkpoint-seal.ts';
import { COMPLETE_STAGE, isComplete } from '../../core/complete-state.ts';
import { MillraceError } from '../../core/errors.ts';
import { STATE_SWEEP_MS } from '../../core/store-limits.ts';
import { StateLost, stageKey, stageOfKey } from '../../core/lost-state.ts';
import type { StateDelta, StatePut } from '../../core/state-delta.ts';
import { frameOf, frameScope, openFrames } from '../../core/state-frame.ts';
import { partitionName, type TopicPartition } from '../../core/topic-partition.ts';
import type { Checkpoint, ServedStates, StateStore, StateStores } from '../../ports/state-store.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { inTransaction } from './sqlite.ts';
import { StateFile, type StateStatements } from './state-file.ts';

/** The expiry of a key without TTL. */
const NEVER = Number.POSITIVE_INFINITY;

export interface SqliteStateOptions {
  /** `:memory:` keeps all of it in memory. */
  readonly path: string;
  readonly telemetry?: Telemetry | null;
}

/** Opens or creates the file. Throws CONFIG_INVALID if it cannot be used. */
export class SqliteStateStores implements StateStores {
  readonly #file: StateFile;
  readonly #telemetry: Telemetry | null;

  constructor({ path, telemetry = null }: SqliteStateOptions) {
    this.#file = new StateFile(path, telemetry);
    this.#telemetry = telemetry;
  }

  open(topology: string, origin: TopicPartition): StateStore {
    return new SqliteStateStore(this.#file, topology, origin, this.#telemetry);
  }

  async served(
    topology: string,
    origin: TopicPartition,
    keys: readonly string[],
  ): Promise<ServedStates | null> {
    return this.#file.run('read served features', topology, ({ statements }) => {
      const id = statements.findPartition.get(topology, origin.topic, origin.partition)?.['id'];
      const at = id === undefined ? undefined : statements.checkpoint.get(Number(id));
      if (at === undefined || at['offset'] === null) return null;
      const scope = frameScope(`${topology}, ${partitionName(origin)}`);
      const lost = new Set<number>();
      const states = keys.map((key, i) => {
        const row = statements.served.get(Number(id), key);
        if (row === undefined) return null;
        const { s, n, t } = row;
        const state = s instanceof Uint8Array && s.length === n ? openFrames(scope, key, s) : null;
        if (state === null) lost.add(i);
        return state && { state, eventTimeMs: Number(t) };
      });
      const mark = statements.stage.get(Number(id), COMPLETE_STAGE)?.['s'];
      const blob = mark instanceof Uint8Array ? openFrames(scope, stageKey(COMPLETE_STAGE), mark) : null;
      const offsetNext = Number(at['offset']);
      return {
        watermarkMs: Number(at['watermark']),
        offsetNext,
        isComplete: isComplete(offsetNext, blob ?? undefined),
        states,
        lost,
      };
    });
  }

  /**
   * Everything that a partition has of keyed state, in the order of the keys. Throws StateLost at a key that does not
   * verify.
   */
  *dump(topology: string, origin: TopicPartition): Generator<StatePut> {
    const where = `${topology}, ${partitionName(origin)}`;
    const scope = frameScope(where);
    const rows = this.#file.run('read a partition', where, ({ statements }) => {
      const id = statements.findPartition.get(topology, origin.topic, origin.partition)?.['id'];
      return id === undefined ? [] : statements.all.iterate(Number(id));
    });
    for (const { key, s, v, t, expires } of rows) {
      const state = s instanceof Uint8Array ? openFrames(scope, String(key), s) : null;
      if (state === null) throw new StateLost([String(key)], 'the state store has damaged state', where);
      const eventTimeMs = Number(t);
      const ttlMs = Number(expires) === NEVER ? null : Number(expires) - eventTimeMs;
      yield { key: String(key), state, served: v instanceof Uint8Array ? v : null, eventTimeMs, ttlMs };
    }
  }

  async ping(): Promise<void> {
    this.#file.run('answer a ping', this.#file.path, ({ db }) => db.exec('SELECT 1'));
  }

  async verify(): Promise<void> {} // a file drops nothing

  async close(): Promise<void> {
    this.#file.close();
  }
}

class SqliteStateStore implements StateStore {
  readonly #file: StateFile;
  readonly #telemetry: Telemetry | null;
  readonly #where: string;
  /** Of the frames: a value of another partition does not verify here. */
  readonly #scope: number;
  /** Of the partition's rows, in the file that has it. */
  readonly #id: number;
  readonly #fileNumber: number;
  #generation: number | null = null;
  #sweptMs = Number.NEGATIVE_INFINITY;
  /** Stages that have a blob. */
  readonly #stages = new Set<string>();

  constructor(file: StateFile, topology: string, origin: TopicPartition, telemetry: Telemetry | null) {
    this.#file = file;
    this.#telemetry = telemetry;
    this.#where = `${topology}, ${partitionName(origin)}`;
    this.#scope = frameScope(this.#where);
    this.#fileNumber = file.replaced;
    this.#id = file.run('open a partition', this.#where, ({ statements }) => {
      statements.openPartition.run(topology, origin.topic, origin.partition);
      const row = statements.findPartition.get(topology, origin.topic, origin.partition);
      return Number(row?.['id']);
    });
  }

  #run<T>(what: string, work: (statements: StateStatements, db: DatabaseSync) => T): T {
    return this.#file.run(what, this.#where, ({ statements, db }) => {
      if (this.#file.replaced !== this.#fileNumber) throw this.#file.lost(this.#where);
      return work(statements, db);
    });
  }

  #write<T>(what: string, work: (statements: StateStatements) => T): T {
    return this.#run(what, (statements, db) => inTransaction(db, () => work(statements)));
  }

  async restore(generation: number, takesOver = false): Promise<Checkpoint | null> {
    const id = this.#id;
    const read = this.#run('restore', (statements) => {
      const announced = statements.announce.run({ id, generation, takesOver: takesOver ? 1 : 0 });
      if (announced.changes === 0) throw this.#fenced(statements, generation);
      this.#generation = generation;
      return { row: statements.checkpoint.get(id), blobs: statements.stages.all(id) };
    });
    this.#stages.clear();
    if (read.row === undefined || read.row['offset'] === null) return null;
    const stages = new Map<string, Uint8Array>();
    const lost: string[] = [];
    for (const { stage, s } of read.blobs) {
      const name = String(stage);
      this.#stages.add(name);
      const blob = s instanceof Uint8Array ? openFrames(this.#scope, stageKey(name), s) : null;
      if (blob === null) lost.push(stageKey(name));
      else stages.set(name, blob);
    }
    const fields = {
      epoch: Number(read.row['epoch']),
      offsetNext: Number(read.row['offset']),
      watermarkMs: Number(read.row['watermark']),
      modelVersion: String(read.row['model']),
    };
    if (read.row['seal'] === sealCheckpoint(this.#scope, fields, this.#stages))
      return { ...fields, stages, lost };
    this.#telemetry?.warn('the checkpoint of a partition does not verify', { partition: this.#where });
    await this.clear();
    return null;
  }

  async get(keys: readonly string[]): Promise<ReadonlyArray<Uint8Array | null>> {
    const lost: string[] = [];
    const states = this.#run('read keys', (statements) =>
      keys.map((key) => {
        const row = statements.state.get(this.#id, key);
        if (row === undefined) return null;
        const { s, n } = row;
        const state = s instanceof Uint8Array && s.length === n ? openFrames(this.#scope, key, s) : null;
        if (state === null) lost.push(key);
        return state;
      }),
    );
    if (lost.length > 0) throw this.#damaged(lost);
    return states;
  }

  async check(): Promise<void> {
    const generation = this.#generation;
    if (generation === null) return;
    this.#run('check', (statements) => {
      const newest = statements.checkpoint.get(this.#id)?.['generation'];
      if (Number(newest) > generation) throw this.#fenced(statements, generation);
    });
  }

  async commit(at: Omit<Checkpoint, 'stages' | 'lost'>, delta: StateDelta): Promise<void> {
    const generation = this.#owned();
    for (const stage of delta.stages.keys()) this.#stages.add(stage);
    this.#write('commit state', (statements) => {
      const { epoch, offsetNext, modelVersion } = at;
      const written = statements.writeCheckpoint.run({
        id: this.#id,
        generation,
        epoch,
        offsetNext,
        // As text: -Infinity is a watermark too, which a REAL can hold but no SQLite client shows.
        watermark: String(at.watermarkMs),
        modelVersion,
        seal: sealCheckpoint(this.#scope, at, this.#stages),
      });
      if (written.changes === 0) throw this.#fenced(statements, generation);
      this.#writeDelta(delta, statements);
      this.#sweep(at.watermarkMs, statements);
    });
  }

  #writeDelta(delta: StateDelta, { put, append, writeStage, delete: deleteKey }: StateStatements): void {
    const id = this.#id;
    const scope = this.#scope;
    for (const key of delta.deletes) deleteKey.run(id, key);
    for (const { key, state, served, eventTimeMs: t, ttlMs } of delta.puts) {
      const expires = ttlMs === null ? NEVER : t + ttlMs;
      put.run({ id, key, s: frameOf(scope, key, state), v: served, t, expires });
    }
    for (const { key, bytes, eventTimeMs: t, ttlMs } of delta.appends) {
      const expires = ttlMs === null ? NEVER : t + ttlMs;
      append.run({ id, key, s: frameOf(scope, key, bytes), t, expires });
    }
    for (const [stage, state] of delta.stages)
      writeStage.run(id, stage, frameOf(scope, stageKey(stage), state));
  }

  /** Deletes keys whose TTL has passed in event time: no result can depend on them. */
  #sweep(watermarkMs: number, { sweep }: StateStatements): void {
    if (watermarkMs < this.#sweptMs + STATE_SWEEP_MS) return;
    this.#sweptMs = watermarkMs;
    sweep.run(this.#id, watermarkMs);
  }

  async forget(keys: readonly string[]): Promise<void> {
    this.#write('forget keys', (statements) => {
      for (const key of keys) {
        // A stage without keys writes its state again with the next commit.
        if (stageOfKey(key) === null) statements.delete.run(this.#id, key);
      }
    });
  }

  async clear(): Promise<void> {
    this.#write('clear', (statements) => {
      statements.clearKeys.run(this.#id);
      statements.clearStages.run(this.#id);
      statements.clearCheckpoint.run(this.#id);
    });
    this.#stages.clear();
  }

  #owned(): number {
    if (this.#generation !== null) return this.#generation;
    throw new MillraceError('INVARIANT', 'a write before restore announced a generation', {
      where: this.#where,
    });
  }

  #damaged(keys: readonly string[]): StateLost {
    return new StateLost(keys, 'the state store has damaged state', this.#where);
  }

  #fenced({ checkpoint }: StateStatements, generation: number): MillraceError {
    const newer = checkpoint.get(this.#id)?.['generation'];
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
