// The state store port on Redis (control path): one connection, any number of partitions.
import { STATE_TTL_GRACE_MS } from '../../core/limits.ts';
import type { TopicPartition } from '../../core/topic-partition.ts';
import type { StateStore, StateStores } from '../../ports/state-store.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { connectRedis, redactUrl, storeError, type RedisConnection } from './connection.ts';
import { partitionPrefix, RedisStateStore } from './state-store.ts';

export interface RedisOptions {
  /** redis://[user:password@]host:port[/db], rediss:// for TLS. */
  readonly url: string;
  readonly telemetry?: Telemetry;
  /** Wall-clock ms that a key outlives its TTL in Redis. Readers go by event time and are not affected. */
  readonly ttlGraceMs?: number;
}

/**
 * Connects on the first request. Requests throw STORE_UNAVAILABLE if Redis cannot be reached or fails over, FENCED if a
 * newer owner has the partition, STORE_LOST if Redis has lost the state, STORE_FAILED if it refuses the request.
 */
export function redisStateStores(options: RedisOptions): StateStores {
  return new RedisStateStores(
    connectRedis(options.url, options.telemetry ?? null),
    redactUrl(options.url),
    options.ttlGraceMs ?? STATE_TTL_GRACE_MS,
  );
}

class RedisStateStores implements StateStores {
  readonly #redis: RedisConnection;
  readonly #where: string;
  readonly #ttlGraceMs: number;

  constructor(redis: RedisConnection, where: string, ttlGraceMs: number) {
    this.#redis = redis;
    this.#where = where;
    this.#ttlGraceMs = ttlGraceMs;
  }

  open(topology: string, partition: TopicPartition): StateStore {
    return new RedisStateStore(this.#redis, topology, partition, this.#ttlGraceMs);
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
      if (!vector || !time) return null;
      const eventTimeMs = Number(time);
      const isExpired = ttl && ttl.length > 0 && Number(watermark) >= eventTimeMs + Number(ttl);
      return isExpired ? null : { values: floatsOf(vector), eventTimeMs };
    } catch (error) {
      throw storeError(error, 'read a served vector', this.#where);
    }
  }

  async ping(): Promise<void> {
    try {
      await this.#redis.ping();
    } catch (error) {
      throw storeError(error, 'answer a ping', this.#where);
    }
  }

  close(): Promise<void> {
    // disconnect, not quit: every pending request has been awaited, and quit would wait for a server that is gone.
    this.#redis.disconnect();
    return Promise.resolve();
  }
}

/** Copies, as the reply's bytes may not be aligned for a Float32Array. */
function floatsOf(bytes: Buffer): Float32Array {
  const values = new Float32Array(bytes.length / Float32Array.BYTES_PER_ELEMENT);
  new Uint8Array(values.buffer).set(bytes.subarray(0, values.byteLength));
  return values;
}
