/** A real Redis Cluster on 127.0.0.1: three primaries, with a replica each if they are to fail over. Control path. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { pickPort } from '../ports.ts';
import { startRedis, type RedisService } from './server.ts';

const PRIMARIES = 3;
const SLOTS = 16_384;
/** After which its neighbours take a silent node for dead, ms: longer than any script runs. A test of a failover shortens it. */
const NODE_TIMEOUT_MS = 15_000;
const JOINED_MS_MAX = 30_000;

export interface RedisClusterService {
  /** redis+cluster:// with all primaries. */
  readonly url: string;
  /** The primaries, then the replica of each. */
  readonly nodes: readonly RedisService[];
  /** Index of the primary that has a slot at the start. */
  primaryOf(slot: number): number;
  stop(): Promise<void>;
}

/**
 * Starts the servers and waits until each sees all slots served.
 * @param hasReplicas one for each primary, which takes over when that dies
 */
export async function startRedisCluster(hasReplicas: boolean): Promise<RedisClusterService> {
  const count = hasReplicas ? 2 * PRIMARIES : PRIMARIES;
  const nodes: RedisService[] = await Promise.all(Array.from({ length: count }, startNode));
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.stop()));
  };
  const clients = nodes.map((node) => new Redis(node.url));
  try {
    await join(nodes, clients);
  } catch (error) {
    await stop();
    throw error;
  } finally {
    for (const client of clients) client.disconnect();
  }
  const hosts = nodes.slice(0, PRIMARIES).map(({ port }) => `127.0.0.1:${port}`);
  return {
    url: `redis+cluster://${hosts.join(',')}`,
    nodes,
    primaryOf: (slot) => Math.floor((slot * PRIMARIES) / SLOTS),
    stop,
  };
}

async function startNode(): Promise<RedisService> {
  const bus = await pickPort();
  const cluster = ['--cluster-enabled', 'yes', '--cluster-config-file', 'nodes.conf'];
  const times = ['--cluster-node-timeout', String(NODE_TIMEOUT_MS), '--cluster-port', String(bus)];
  // Replicas take over however old their data is, and begin to copy at once.
  const failover = ['--cluster-replica-validity-factor', '0', '--repl-diskless-sync-delay', '0'];
  return Object.assign(await startRedis({ args: [...cluster, ...times, ...failover] }), { bus });
}

async function join(nodes: readonly RedisService[], clients: readonly Redis[]): Promise<void> {
  const [first] = clients as [Redis, ...Redis[]];
  for (const [i, client] of clients.entries()) {
    await client.call('CLUSTER', 'SET-CONFIG-EPOCH', i + 1);
    if (i >= PRIMARIES) continue;
    const [from, end] = [i, i + 1].map((n) => Math.ceil((n * SLOTS) / PRIMARIES)) as [number, number];
    await client.call('CLUSTER', 'ADDSLOTSRANGE', from, end - 1);
  }
  for (const node of nodes.slice(1)) {
    const { bus } = node as RedisService & { readonly bus: number };
    await first.call('CLUSTER', 'MEET', '127.0.0.1', node.port, bus);
  }
  const ids = await Promise.all(clients.map((client) => client.cluster('MYID')));
  await until(clients, (info) => info.includes(`cluster_known_nodes:${nodes.length}`));
  for (const [i, client] of clients.entries())
    if (i >= PRIMARIES) await client.call('CLUSTER', 'REPLICATE', String(ids[i - PRIMARIES]));
  await until(clients, (info) => info.includes('cluster_state:ok'));
  for (const client of clients.slice(PRIMARIES))
    while (!(await client.info('replication')).includes('master_link_status:up')) await sleep(50);
}

async function until(clients: readonly Redis[], holds: (info: string) => boolean): Promise<void> {
  const deadline = Date.now() + JOINED_MS_MAX;
  for (const client of clients) {
    while (!holds(await client.cluster('INFO'))) {
      if (Date.now() > deadline) throw new Error('the nodes of the Redis cluster did not join');
      await sleep(50);
    }
  }
}
