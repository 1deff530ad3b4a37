// State of one partition in Redis (control path): one hash tag per partition, one script call per epoch.
import { randomUUID } from 'node:crypto';
import { MillraceError } from '../../core/errors.ts';
import type { StateDelta } from '../../core/state-delta.ts';
import { partitionName, type TopicPartition } from '../../core/topic-partition.ts';
import type { Checkpoint, StateStore } from '../../ports/state-store.ts';
import { storeError, type RedisConnection } from './connection.ts';
import { packDelta, packKeys } from './pack.ts';

const STAGE_FIELD = 'stage:';

/** `mr:{topology:topic:partition}:`, the prefix of every key of the partition. */
export function partitionPrefix(topology: string, { topic, partition }: TopicPartition): string {
  return `mr:{${topology}:${topic}:${partition}}:`;
}

export class RedisStateStore implements StateStore {
  readonly #redis: RedisConnection;
  readonly #metaKey: string;
  readonly #keyPrefix: string;
  readonly #where: string;
  readonly #ttlGraceMs: number;
  readonly #id: string = randomUUID();
  #commits = 0;
  /** The last commit that Redis acknowledged, of this owner or the previous one; empty if there is none. */
  #committed = '';
  /** The commit in flight, else the last one. */
  #inFlight = '';
  #generation: number | null = null;

  constructor(redis: RedisConnection, topology: string, partition: TopicPartition, ttlGraceMs: number) {
    this.#redis = redis;
    this.#metaKey = `${partitionPrefix(topology, partition)}meta`;
    this.#keyPrefix = `${partitionPrefix(topology, partition)}k:`;
    this.#where = `${topology}, ${partitionName(partition)}`;
    this.#ttlGraceMs = ttlGraceMs;
  }

  async restore(generation: number, takesOver = false): Promise<Checkpoint | null> {
    const fields = await this.#try(
      'restore',
      this.#redis.mrRestoreBuffer(this.#metaKey, String(generation), this.#id, takesOver ? '1' : '0'),
    );
    this.#generation = generation;
    const { commit, checkpoint } = readMeta(fields);
    this.#committed = this.#inFlight = commit;
    return checkpoint;
  }

  async get(keys: readonly string[]): Promise<ReadonlyArray<Uint8Array | null>> {
    return keys.length === 0 ? [] : this.#get(keys);
  }

  async check(): Promise<void> {
    await this.#get([]);
  }

  async #get(keys: readonly string[]): Promise<ReadonlyArray<Uint8Array | null>> {
    const owner = this.#generation === null ? '' : this.#id;
    const packed = packKeys(keys);
    return this.#try(
      'read keys',
      this.#redis.mrGetBuffer(this.#metaKey, owner, this.#committed, this.#inFlight, this.#keyPrefix, packed),
    );
  }

  async commit(at: Omit<Checkpoint, 'stages'>, delta: StateDelta): Promise<void> {
    if (this.#generation === null) {
      throw new MillraceError('INVARIANT', 'commit before restore announced a generation', {
        where: this.#where,
      });
    }
    const id = `${this.#id}:${this.#commits++}`;
    const args: Array<string | Buffer> = [
      String(this.#generation),
      this.#id,
      id,
      this.#committed,
      this.#keyPrefix,
      packDelta(delta, this.#ttlGraceMs),
      'epoch',
      String(at.epoch),
      'offset',
      String(at.offsetNext),
      'watermark',
      String(at.watermarkMs),
      'model',
      at.modelVersion,
    ];
    for (const [stage, state] of delta.stages) {
      args.push(`${STAGE_FIELD}${stage}`, Buffer.from(state.buffer, state.byteOffset, state.byteLength));
    }
    this.#inFlight = id;
    await this.#try('commit', this.#redis.mrCommit(this.#metaKey, ...args));
    this.#committed = id;
  }

  async #try<T>(what: string, reply: Promise<T>): Promise<T> {
    try {
      return await reply;
    } catch (error) {
      throw storeError(error, what, this.#where);
    }
  }
}

/** The last commit and the checkpoint of the meta hash; null if only a generation has been announced so far. */
function readMeta(fields: readonly Buffer[]): { commit: string; checkpoint: Checkpoint | null } {
  const text = new Map<string, string>();
  const stages = new Map<string, Uint8Array>();
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const name = String(fields[i]);
    const value = fields[i + 1];
    if (value === undefined) continue;
    if (name.startsWith(STAGE_FIELD)) stages.set(name.slice(STAGE_FIELD.length), value);
    else text.set(name, value.toString('utf8'));
  }
  const commit = text.get('commit') ?? '';
  if (!text.has('offset')) return { commit, checkpoint: null };
  const checkpoint = {
    epoch: Number(text.get('epoch')),
    offsetNext: Number(text.get('offset')),
    watermarkMs: Number(text.get('watermark')),
    modelVersion: text.get('model') ?? '',
    stages,
  };
  return { commit, checkpoint };
}
