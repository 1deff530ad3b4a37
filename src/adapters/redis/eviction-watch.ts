// Warns when Redis may drop keys (control path): its eviction policy, and keys that it has evicted. A read or a commit
// notices a missing key in any case; the warning comes before, and says what to set.
import { EVICTION_CHECK_MS } from '../../core/limits.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { RedisConnection } from './connection.ts';

const KEEPS_ALL = 'noeviction';

export class EvictionWatch {
  readonly #redis: RedisConnection;
  readonly #telemetry: Telemetry;
  readonly #where: string;
  readonly #timer: NodeJS.Timeout;
  readonly #look = (): void => void this.look();

  constructor(redis: RedisConnection, telemetry: Telemetry, where: string) {
    this.#redis = redis;
    this.#telemetry = telemetry;
    this.#where = where;
    redis.on('ready', this.#look);
    this.#timer = setInterval(() => {
      if (redis.status === 'ready') this.#look();
    }, EVICTION_CHECK_MS).unref();
  }

  async look(): Promise<void> {
    const info = await this.#redis.info().catch(() => ''); // some services do not allow it
    const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1];
    const evicted = Number(/^evicted_keys:(\d+)/m.exec(info)?.[1] ?? 0);
    if (policy === undefined) return;
    if (policy === KEEPS_ALL) {
      this.#telemetry.clear('store_evicts', this.#where);
      return;
    }
    const reason = `maxmemory-policy is ${policy}, and ${evicted} keys have been evicted since Redis started: set it to ${KEEPS_ALL}`;
    this.#telemetry.raise('store_evicts', this.#where, reason);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#redis.off('ready', this.#look);
  }
}
