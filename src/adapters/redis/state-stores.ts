// The state store port on Redis (control path): one connection, any number of partitions.
import { redacted } from '../../core/secrets.ts';
import { frameScope, openFrames } from '../../core/state-frame.ts';
import type { TopicPartition } from '../../core/topic-partition.ts';
import type { ServerAccess } from '../../ports/credentials.ts';
import type { ServedState, StateStore, StateStores } from '../../ports/state-store.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { connectRedis, storeError, type RedisConnection } from './connection.ts';
import { EvictionWatch } from './eviction-watch.ts';
import { META_KEY, STATE_KEYS } from './scripts.ts';
import { partitionPrefix, RedisStateStore } from './state-store.ts';

export interface RedisOptions {
  /** redis://[user:password@]host:port[/db], rediss:// for TLS. */
  readonly url: string;
  /** Read before each connection; by default the URL alone. */
  readonly access?: () => ServerAccess;
  readonly telemetry?: Telemetry;
}

/**
 * Connects on the first request. Requests throw STORE_UNAVAILABLE if Redis cannot be reached or fails over, FENCED if a
 * newer owner has the partition, STORE_LOST if Redis has lost the state, STORE_FAILED if it refuses the request.
 */
export function redisStateStores(options: RedisOptions): StateStores {
  const { url, telemetry = null, access = null } = options;
  return new RedisStateStores(connectRedis(url, telemetry, access), redacted(url), telemetry);
}

class RedisStateStores implements StateStores {
  readonly #redis: RedisConnection;
  readonly #where: string;
  readonly #telemetry: Telemetry | null;
  readonly #evictions: EvictionWatch | null;

  constructor(redis: RedisConnection, where: string, telemetry: Telemetry | null) {
    this.#redis = redis;
    this.#where = where;
    this.#telemetry = telemetry;
    this.#evictions = telemetry === null ? null : new EvictionWatch(redis, telemetry, where);
  }

  open(topology: string, partition: TopicPartition): StateStore {
    return new RedisStateStore(this.#redis, topology, partition, this.#telemetry);
  }

  async served(topology: string, partition: TopicPartition, key: string): Promise<ServedState | null> {
    const prefix = partitionPrefix(topology, partition);
    try {
      // Both commands are written before either reply is awaited: one round trip.
      const [fields, watermark] = await Promise.all([
        this.#redis.hmgetBuffer(`${prefix}${STATE_KEYS}${key}`, 's', 'n', 'v', 't'),
        this.#redis.hget(`${prefix}${META_KEY}`, 'watermark'),
      ]);
      const [value, length, vector, time] = fields;
      if (!value || !length || !vector || !time || vector.length === 0) return null;
      // A value that does not verify counts as lost: its owner rebuilds it.
      const state = value.length === Number(length) ? openFrames(frameScope(prefix), key, value) : null;
      return state && { state, eventTimeMs: Number(time), watermarkMs: Number(watermark ?? Number.NaN) };
    } catch (error) {
      throw storeError(error, 'read served features', this.#where, this.#redis.lastFailure);
    }
  }

  async ping(): Promise<void> {
    try {
      await this.#redis.ping();
    } catch (error) {
      throw storeError(error, 'answer a ping', this.#where, this.#redis.lastFailure);
    }
  }

  close(): Promise<void> {
    this.#evictions?.close();
    // The end of the connection is wanted: it is no outage to report.
    this.#redis.removeAllListeners('close');
    // disconnect, not quit: every pending request has been awaited, and quit would wait for a server that is gone.
    this.#redis.disconnect();
    return Promise.resolve();
  }
}
