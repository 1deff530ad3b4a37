// State of one partition in Redis. See DESIGN's layout: one hash tag a partition, one script an epoch.
import { randomUUID } from 'node:crypto';
import { MillraceError } from '../../core/errors.ts';
import type { StateDelta } from '../../core/state-delta.ts';
import { partitionName, type TopicPartition } from '../../core/topic-partition.ts';
import type { Checkpoint, StateStore } from '../../ports/state-store.ts';
import { storeError, type RedisConnection } from './connection.ts';
import { packDelta, packKeys } from './pack.ts';

const STAGE_FIELD = 'stage:';

/** `mr:{topology:topic:partition}:`, which every key of the partition begins with. */
export function partitionPrefix(topology: string, of: TopicPartition): string {
  return `mr:{${topology}:${of.topic}:${of.partition}}:`;
}

export class RedisStateStore implements StateStore {
  readonly #redis: RedisConnection;
  readonly #metaKey: string;
  readonly #keyPrefix: string;
  readonly #where: string;
  readonly #ttlGraceMs: number;
  readonly #id: string = randomUUID();
  #commits = 0;
  #generation: number | null = null;

  constructor(redis: RedisConnection, topology: string, of: TopicPartition, ttlGraceMs: number) {
    this.#redis = redis;
    this.#metaKey = `${partitionPrefix(topology, of)}meta`;
    this.#keyPrefix = `${partitionPrefix(topology, of)}k:`;
    this.#where = `${topology}, ${partitionName(of)}`;
    this.#ttlGraceMs = ttlGraceMs;
  }

  async restore(generation: number, takesOver = false): Promise<Checkpoint | null> {
    const fields = await this.#try(
      'restore',
      this.#redis.mrRestoreBuffer(this.#metaKey, String(generation), this.#id, takesOver ? '1' : '0'),
    );
    this.#generation = generation;
    return readCheckpoint(fields);
  }

  async get(keys: readonly string[]): Promise<ReadonlyArray<Uint8Array | null>> {
    if (keys.length === 0) return [];
    const owner = this.#generation === null ? '' : this.#id;
    const packed = packKeys(keys);
    return this.#try('read keys', this.#redis.mrGetBuffer(this.#metaKey, owner, this.#keyPrefix, packed));
  }

  async commit(at: Omit<Checkpoint, 'stages'>, delta: StateDelta): Promise<void> {
    if (this.#generation === null) {
      throw new MillraceError('INVARIANT', 'commit before restore announced a generation', {
        where: this.#where,
      });
    }
    const args: Array<string | Buffer> = [
      String(this.#generation),
      this.#id,
      String(this.#commits++),
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
    await this.#try('commit', this.#redis.mrCommit(this.#metaKey, ...args));
  }

  async #try<T>(what: string, reply: Promise<T>): Promise<T> {
    try {
      return await reply;
    } catch (error) {
      throw storeError(error, what, this.#where);
    }
  }
}

/** The meta hash as a checkpoint; null where only a generation was announced so far. */
function readCheckpoint(fields: readonly Buffer[]): Checkpoint | null {
  const text = new Map<string, string>();
  const stages = new Map<string, Uint8Array>();
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const name = String(fields[i]);
    const value = fields[i + 1];
    if (value === undefined) continue;
    if (name.startsWith(STAGE_FIELD)) stages.set(name.slice(STAGE_FIELD.length), value);
    else text.set(name, value.toString('utf8'));
  }
  if (!text.has('offset')) return null;
  return {
    epoch: Number(text.get('epoch')),
    offsetNext: Number(text.get('offset')),
    watermarkMs: Number(text.get('watermark')),
    modelVersion: text.get('model') ?? '',
    stages,
  };
}
