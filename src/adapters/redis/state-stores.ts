// The state store port on Redis (control path): one connection, any number of partitions.
import type { TopicPartition } from '../../core/topic-partition.ts';
import type { StateStore, StateStores } from '../../ports/state-store.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { connectRedis, redactUrl, storeError, type RedisConnection } from './connection.ts';
import { EvictionWatch } from './eviction-watch.ts';
import { partitionPrefix, RedisStateStore } from './state-store.ts';

export interface RedisOptions {
  /** redis://[user:password@]host:port[/db], rediss:// for TLS. */
  readonly url: string;
  readonly telemetry?: Telemetry;
}

/**
 * Connects on the first request. Requests throw STORE_UNAVAILABLE if Redis cannot be reached or fails over, FENCED if a
 * newer owner has the partition, STORE_LOST if Redis has lost the state, STORE_FAILED if it refuses the request.
 */
export function redisStateStores(options: RedisOptions): StateStores {
  const { url, telemetry = null } = options;
  return new RedisStateStores(connectRedis(url, telemetry), redactUrl(url), telemetry);
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

  /** Also null once the partition's watermark has passed the vector's event time + TTL. */
  async served(
    topology: string,
    partition: TopicPartition,
    key: string,
  ): Promise<{ values: Float32Array; eventTimeMs: number } | null> {
    const prefix = partitionPrefix(topology, partition);
    try {
      // Both commands are written before either reply is awaited: one round trip.
      const [fields, watermark] = await Promise.all([
        this.#redis.hmgetBuffer(`${prefix}k:${key}`, 'v', 't', 'ttl'),
        this.#redis.hget(`${prefix}meta`, 'watermark'),
      ]);
      const [vector, time, ttl] = fields;
      if (!vector || !time || vector.length === 0) return null;
      const eventTimeMs = Number(time);
      const isExpired = ttl && ttl.length > 0 && Number(watermark) >= eventTimeMs + Number(ttl);
      return isExpired ? null : { values: floatsOf(vector), eventTimeMs };
    } catch (error) {
      throw storeError(error, 'read a served vector', this.#where, this.#redis.lastFailure);
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
    // disconnect, not quit: every pending request has been awaited, and quit would wait for a server that is gone.
    this.#redis.disconnect();
    return Promise.resolve();
  }
}

/** Copies, as the reply's bytes may not be aligned for a Float32Array. */
function floatsOf(bytes: Buffer): Float32Array {
  const values = new Float32Array(Math.floor(bytes.length / Float32Array.BYTES_PER_ELEMENT));
  new Uint8Array(values.buffer).set(bytes.subarray(0, values.byteLength));
  return values;
}
