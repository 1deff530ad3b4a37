// State of one partition in Redis (control path): one hash tag per partition, one script call per epoch.
import { randomUUID } from 'node:crypto';
import { MillraceError } from '../../core/errors.ts';
import { StateLost, stageOfKey } from '../../core/lost-state.ts';
import type { StateDelta } from '../../core/state-delta.ts';
import { frameScope, openFrames } from '../../core/state-frame.ts';
import { partitionName, type TopicPartition } from '../../core/topic-partition.ts';
import type { Checkpoint, StateStore } from '../../ports/state-store.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { RedisClient, RedisConnection } from './connection.ts';
import { metaFields, readMeta } from './meta.ts';
import { deleteOrphans } from './orphans.ts';
import { packDelta, packKeys } from './pack.ts';
import { INDEX_KEY, META_KEY } from './scripts.ts';

/** `mr:{topology:topic:partition}:`, the prefix of every key of the partition. */
export function partitionPrefix(topology: string, { topic, partition }: TopicPartition): string {
  return `mr:{${topology}:${topic}:${partition}}:`;
}

export class RedisStateStore implements StateStore {
  readonly #redis: RedisConnection;
  readonly #telemetry: Telemetry | null;
  readonly #prefix: string;
  readonly #metaKey: string;
  /** Of the frames: a value of another partition does not verify here. */
  readonly #scope: number;
  readonly #where: string;
  readonly #id: string = randomUUID();
  #commits = 0;
  /** The last commit that Redis acknowledged, of this owner or the previous one; empty if there is none. */
  #committed = '';
  /** The commit in flight, else the last one. */
  #inFlight = '';
  #generation: number | null = null;
  /** Stages that have a blob. */
  readonly #stages = new Set<string>();

  constructor(
    redis: RedisConnection,
    topology: string,
    partition: TopicPartition,
    telemetry: Telemetry | null,
  ) {
    this.#redis = redis;
    this.#telemetry = telemetry;
    this.#prefix = partitionPrefix(topology, partition);
    this.#metaKey = this.#prefix + META_KEY;
    this.#scope = frameScope(this.#prefix);
    this.#where = `${topology}, ${partitionName(partition)}`;
  }

  async restore(generation: number, takesOver = false): Promise<Checkpoint | null> {
    const [live, hash] = await this.#try('restore', (redis) =>
      redis.mrRestoreBuffer(
        this.#metaKey,
        String(generation),
        this.#id,
        takesOver ? '1' : '0',
        this.#prefix + INDEX_KEY,
      ),
    );
    this.#generation = generation;
    const { commit, checkpoint, damage } = readMeta(this.#scope, live, hash);
    if (damage !== null) {
      this.#telemetry?.warn('Redis has lost state of a partition', { partition: this.#where, why: damage });
      await this.clear();
      return null;
    }
    this.#committed = this.#inFlight = commit;
    this.#stages.clear();
    for (const stage of checkpoint?.stages.keys() ?? []) this.#stages.add(stage);
    for (const key of checkpoint?.lost ?? []) this.#stages.add(stageOfKey(key) ?? key);
    return checkpoint;
  }

  async get(keys: readonly string[]): Promise<ReadonlyArray<Uint8Array | null>> {
    if (keys.length === 0) return [];
    const values = await this.#get(keys);
    const lost: string[] = [];
    const states = keys.map((key, i) => {
      const value = values[i] ?? null;
      if (value === null) return null;
      const state = typeof value === 'number' ? null : openFrames(this.#scope, key, value);
      if (state === null) lost.push(key);
      return state;
    });
    if (lost.length > 0) throw new StateLost(lost, 'Redis has lost or damaged state', this.#where);
    return states;
  }

  async check(): Promise<void> {
    await this.#get([]);
  }

  async #get(keys: readonly string[]): Promise<Array<Buffer | number | null>> {
    const owner = this.#generation === null ? '' : this.#id;
    const packed = packKeys(keys);
    return this.#try('read keys', (redis) =>
      redis.mrGetBuffer(this.#metaKey, owner, this.#committed, this.#inFlight, this.#prefix, packed),
    );
  }

  async commit(at: Omit<Checkpoint, 'stages' | 'lost'>, delta: StateDelta): Promise<void> {
    const generation = this.#owned();
    const id = `${this.#id}:${this.#commits++}`;
    for (const stage of delta.stages.keys()) this.#stages.add(stage);
    this.#inFlight = id;
    const packed = packDelta(delta, this.#scope);
    const applied = await this.#try('commit', (redis) =>
      redis.mrCommitBuffer(
        this.#metaKey,
        generation,
        this.#id,
        id,
        this.#committed,
        this.#prefix,
        packed,
        redisNumber(at.watermarkMs),
        ...metaFields(this.#scope, at, this.#stages, delta.stages),
      ),
    );
    if (typeof applied !== 'number') {
      this.#inFlight = this.#committed;
      throw new StateLost(applied.map(String), 'Redis has lost or damaged state', this.#where);
    }
    this.#committed = id;
  }

  async forget(keys: readonly string[]): Promise<void> {
    // A stage without keys writes its state again with the next commit.
    const packed = packKeys(keys.filter((key) => stageOfKey(key) === null));
    const generation = this.#owned();
    await this.#try('forget keys', (redis) =>
      redis.mrForget(this.#metaKey, generation, this.#id, this.#prefix, packed),
    );
  }

  async clear(): Promise<void> {
    const generation = this.#owned();
    await this.#try('clear', (redis) => redis.mrClear(this.#metaKey, generation, this.#id, this.#prefix));
    this.#committed = this.#inFlight = '';
    this.#stages.clear();
    // What stays behind is not in the index: it counts as absent already, and only takes memory.
    deleteOrphans(this.#redis, this.#prefix, generation, this.#id).catch(() => undefined);
  }

  #owned(): string {
    if (this.#generation !== null) return String(this.#generation);
    throw new MillraceError('INVARIANT', 'a write before restore announced a generation', {
      where: this.#where,
    });
  }

  #try<T>(what: string, send: (redis: RedisClient) => Promise<T>): Promise<T> {
    return this.#redis.request(what, this.#where, send);
  }
}

/** As Redis reads a score. */
function redisNumber(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return value > 0 ? '+inf' : '-inf';
}
