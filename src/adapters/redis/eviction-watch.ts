// Warns when a Redis may drop keys (control path): its eviction policy, and keys that it has evicted, on each server. A start
// refuses such a policy; this is for one that is set later, and for a server that takes over. A read or a commit notices a
// missing key in any case; the warning comes before, and says what to set.
import { EVICTION_CHECK_MS } from '../../core/store-limits.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { RedisConnection } from './connection.ts';
import { evictingPolicy, infoField } from './server-info.ts';

export class EvictionWatch {
  readonly #redis: RedisConnection;
  readonly #telemetry: Telemetry;
  readonly #timer: NodeJS.Timeout;
  readonly #look = (): void => void this.look();

  constructor(redis: RedisConnection, telemetry: Telemetry) {
    this.#redis = redis;
    this.#telemetry = telemetry;
    redis.client.on('ready', this.#look);
    this.#timer = setInterval(() => {
      if (redis.client.status === 'ready') this.#look();
    }, EVICTION_CHECK_MS).unref();
  }

  async look(): Promise<void> {
    const { where } = this.#redis;
    const infos = await Promise.all(
      this.#redis.nodes('all').map((node) => node.info().catch(() => '')), // some services do not allow it
    );
    const evicting = infos.filter((info) => evictingPolicy(info) !== null);
    const [first] = evicting;
    if (first === undefined) {
      // What does not answer has not changed its policy.
      if (infos.every((info) => info !== '')) this.#telemetry.clear('store_evicts', where);
      return;
    }
    const evicted = evicting.reduce((sum, info) => sum + Number(infoField(info, 'evicted_keys') ?? 0), 0);
    const servers = infos.length === 1 ? '' : ` on ${evicting.length} of ${infos.length} servers`;
    const reason = `maxmemory-policy is ${evictingPolicy(first)}${servers}, and ${evicted} keys have been evicted since Redis started: set it to noeviction`;
    this.#telemetry.raise('store_evicts', where, reason);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#redis.client.off('ready', this.#look);
  }
}
