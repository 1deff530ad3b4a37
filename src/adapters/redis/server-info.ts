// What a Redis says of itself (control path): whether it may drop keys, and whether a cluster serves all of them.
import { MillraceError } from '../../core/errors.ts';

/**
 * Policies that drop keys without a TTL. Those named volatile-* drop keys with one alone, and no key of the engine has one.
 */
const EVICTS = /^allkeys-/;
const SLOTS = 16_384;

/** The text of a field of INFO or CLUSTER INFO; undefined without it. */
export function infoField(info: string, name: string): string | undefined {
  return new RegExp(String.raw`^${name}:(\S*)`, 'm').exec(info)?.[1];
}

/** The eviction policy, if it drops keys of the engine; else null. */
export function evictingPolicy(info: string): string | null {
  const policy = infoField(info, 'maxmemory_policy') ?? '';
  return EVICTS.test(policy) ? policy : null;
}

/** Why the engine cannot keep state in this server; null if it can. */
export function redisFault(info: string, isCluster: boolean, where: string): MillraceError | null {
  if (!isCluster && infoField(info, 'cluster_enabled') === '1')
    return new MillraceError('CONFIG_INVALID', 'the server belongs to a cluster', {
      where,
      remedy: 'Write redis+cluster://host:port in MILLRACE_REDIS_URL, with some of its nodes.',
    });
  const policy = evictingPolicy(info);
  if (policy === null) return null;
  return new MillraceError('STORE_LOSES_STATE', `maxmemory-policy is ${policy}: Redis would drop state`, {
    where,
    remedy:
      'Set it to noeviction, there and in the configuration file: redis-cli CONFIG SET maxmemory-policy noeviction.',
  });
}

/** Why a cluster does not serve all keys, of CLUSTER INFO; null if it does. */
export function clusterFault(info: string): string | null {
  const state = infoField(info, 'cluster_state');
  if (state !== 'ok') return `its state is ${state ?? 'unknown'}`;
  const served = Number(infoField(info, 'cluster_slots_ok'));
  return served < SLOTS ? `${SLOTS - served} of ${SLOTS} slots have no primary` : null;
}
