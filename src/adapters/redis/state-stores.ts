// The state store port on Redis (control path): one connection, any number of partitions.
import { COMPLETE_STAGE, isComplete } from '../../core/complete-state.ts';
import { isCode, MillraceError } from '../../core/errors.ts';
import { stageKey } from '../../core/lost-state.ts';
import { frameScope, openFrames } from '../../core/state-frame.ts';
import { partitionName, type TopicPartition } from '../../core/topic-partition.ts';
import type { ServerAccess } from '../../ports/credentials.ts';
import type { ServedStates, StateStore, StateStores } from '../../ports/state-store.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { RedisConnection } from './connection.ts';
import { EvictionWatch } from './eviction-watch.ts';
import { packKeys } from './pack.ts';
import { clusterFault, redisFault } from './server-info.ts';
import { META_KEY } from './scripts.ts';
import { partitionPrefix, RedisStateStore } from './state-store.ts';

export interface RedisOptions {
  /** redis://, redis+cluster:// or redis+sentinel://, each with rediss for TLS: see MILLRACE_REDIS_URL. */
  readonly url: string;
  /** Read before each connection; by default the URL alone. */
  readonly access?: () => ServerAccess;
  readonly telemetry?: Telemetry;
}

/**
 * Connects on the first request. Requests throw STORE_UNAVAILABLE if Redis cannot be reached or fails over, FENCED if a
 * newer owner has the partition, STORE_LOST if Redis has lost the state, STORE_FAILED if it refuses the request.
 * @throws CONFIG_INVALID for a URL that is none of Redis
 */
export function redisStateStores(options: RedisOptions): StateStores {
  const { url, telemetry = null, access = null } = options;
  return new RedisStateStores(new RedisConnection(url, telemetry, access), telemetry);
}

/** What the served script returns for a key: state and its event time. */
const FIELDS = 2;

class RedisStateStores implements StateStores {
  readonly #redis: RedisConnection;
  readonly #telemetry: Telemetry | null;
  readonly #evictions: EvictionWatch | null;

  constructor(redis: RedisConnection, telemetry: Telemetry | null) {
    this.#redis = redis;
    this.#telemetry = telemetry;
    this.#evictions = telemetry === null ? null : new EvictionWatch(redis, telemetry);
  }

  open(topology: string, partition: TopicPartition): StateStore {
    return new RedisStateStore(this.#redis, topology, partition, this.#telemetry);
  }

  async served(
    topology: string,
    partition: TopicPartition,
    keys: readonly string[],
  ): Promise<ServedStates | null> {
    const prefix = partitionPrefix(topology, partition);
    const packed = packKeys(keys);
    const where = `${topology}, ${partitionName(partition)}`;
    const [watermark, offset, complete, ...found] = await this.#redis.request(
      'read served features',
      where,
      (redis) => redis.mrServedBuffer(prefix + META_KEY, prefix, packed),
    );
    if (!watermark || !offset) return null;
    const scope = frameScope(prefix);
    const lost = new Set<number>();
    const states = keys.map((key, i) => {
      const value = found[i * FIELDS] ?? null;
      if (value === null) return null;
      const state = typeof value === 'number' ? null : openFrames(scope, key, value);
      if (state === null) lost.add(i);
      return state && { state, eventTimeMs: Number(found[i * FIELDS + 1]) };
    });
    const mark = complete instanceof Buffer ? openFrames(scope, stageKey(COMPLETE_STAGE), complete) : null;
    const offsetNext = Number(offset);
    return {
      watermarkMs: Number(watermark),
      offsetNext,
      isComplete: isComplete(offsetNext, mark ?? undefined),
      states,
      lost,
    };
  }

  async ping(): Promise<void> {
    const { where, isCluster } = this.#redis;
    await this.#redis.request('answer a ping', where, (redis) => redis.ping());
    if (!isCluster) return;
    const info = await this.#redis.request('describe its cluster', where, (redis) => redis.cluster('INFO'));
    const why = clusterFault(info);
    if (why === null) return;
    throw new MillraceError('STORE_UNAVAILABLE', `the Redis cluster does not serve all keys: ${why}`, {
      where,
      remedy: 'Wait for the failover, or repair the cluster: redis-cli --cluster check says what it lacks.',
    });
  }

  async verify(): Promise<void> {
    const { isCluster, where } = this.#redis;
    await this.#redis.request('answer a ping', where, (redis) => redis.ping());
    for (const node of this.#redis.nodes('all')) {
      const name = isCluster ? `${node.options.host}:${node.options.port}` : where;
      const info = await this.#redis
        .request('describe itself', name, () => node.info())
        .catch((error: unknown) => {
          // Null where Redis does not let the user ask; a node of a cluster may be away, as a replica of another.
          const isUnknown =
            isCode(error, 'STORE_FAILED') || (isCluster && isCode(error, 'STORE_UNAVAILABLE'));
          if (isUnknown) return null;
          throw error;
        });
      const fault = info === null ? null : redisFault(info, isCluster, name);
      if (fault !== null) throw fault;
    }
  }

  close(): Promise<void> {
    this.#evictions?.close();
    this.#redis.close();
    return Promise.resolve();
  }
}
