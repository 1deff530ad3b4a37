// One connection to Redis with its scripts (control path): to a server, to the primary that Sentinels name, or to the nodes
// of a cluster.
import { isIP } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { messageOf } from '../../core/errors.ts';
import { withoutBrackets } from '../../core/hosts.ts';
import { STORE_REQUEST_MS_MAX, STORE_RETRIES_MAX } from '../../core/store-limits.ts';
import { keepUrlSecrets, redacted } from '../../core/secrets.ts';
import type { ServerAccess } from '../../ports/credentials.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { type RedisAddress, redisAddress } from './address.ts';
import { untilReady } from './cluster-ready.ts';
import { scripts, type Scripts } from './script-commands.ts';
import { storeError } from './store-error.ts';

/** Sends commands: those of a cluster go to the node that has the key. */
export type RedisClient = (Redis | Cluster) & Scripts;

const CONNECT_MS_MAX = 3_000;
const RETRY_MS_MIN = 50;
const RETRY_MS_MAX = 2_000;
/** What reconnectOnError returns for a reply after which the client reconnects; the command fails. */
const RECONNECT = 1;

/** Exponential with full jitter, so that engines that lose Redis together do not reconnect together. */
function retryDelayMs(times: number): number {
  const ceiling = Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** times);
  return RETRY_MS_MIN + Math.random() * (ceiling - RETRY_MS_MIN);
}

export class RedisConnection {
  /** The URL without secrets, for messages. */
  readonly where: string;
  readonly client: RedisClient;
  readonly #telemetry: Telemetry | null;
  /** Commands that fail because there is no connection do not say why. */
  #lastFailure: string | null = null;
  #isClosed = false;

  /** Connects on the first command. @throws CONFIG_INVALID for a URL that is none of Redis */
  constructor(url: string, telemetry: Telemetry | null, access: (() => ServerAccess) | null) {
    keepUrlSecrets(url);
    this.where = redacted(url);
    this.#telemetry = telemetry;
    this.client = openClient(url, access);
    this.#listen();
  }

  #listen(): void {
    const { client, where } = this;
    const away = (reason: string): void => {
      this.#lastFailure = reason;
      this.#telemetry?.raise('store_unavailable', where, reason, { blocksReadiness: true });
    };
    client.on('ready', () => {
      this.#lastFailure = null;
      this.#telemetry?.clear('store_unavailable', where);
      this.#telemetry?.info('redis connected', { url: where });
    });
    client.on('close', () => away(this.#lastFailure ?? 'the connection is closed'));
    // Without a listener ioredis prints the error itself; the failed command rejects with it as well.
    client.on('error', (error: Error) => away(this.#reasonOf(error)));
    // One node or Sentinel that is away is no outage, and the reason of one.
    client.on('node error', (error: Error, node: string) => {
      const reason = this.#reasonOf(error);
      this.#lastFailure = reason === this.#lastFailure ? reason : `${node}: ${reason}`;
    });
    client.on('sentinelError', (error: Error) => {
      this.#lastFailure = this.#reasonOf(error);
    });
  }

  /** The last one is better than none. */
  #reasonOf(error: Error): string {
    const text = textOf(error);
    return text === CLOSED ? (this.#lastFailure ?? text) : text;
  }

  /**
   * Sends commands and maps what they throw.
   * @param what they do, as in `did not ...`
   * @throws FENCED, STORE_UNAVAILABLE, STORE_LOST or STORE_FAILED
   */
  async request<T>(what: string, where: string, send: (client: RedisClient) => Promise<T>): Promise<T> {
    try {
      const { client } = this;
      if (client instanceof Cluster && client.status !== 'ready') await untilReady(client);
      // No Sentinel has answered for a while: the client gives up, and each request asks them again.
      else if (client.status === 'end' && !this.#isClosed) client.connect().catch(() => undefined);
      return await send(client);
    } catch (error) {
      throw storeError(error, what, where, this.#lastFailure);
    }
  }

  get isCluster(): boolean {
    return this.client instanceof Cluster;
  }

  /** Connections to each server: of a cluster as far as its nodes are known, which they are after the first request. */
  nodes(role: 'master' | 'all'): readonly Redis[] {
    return this.client instanceof Cluster ? this.client.nodes(role) : [this.client];
  }

  close(): void {
    this.#isClosed = true;
    // The end of the connection is wanted: it is no outage to report.
    this.client.removeAllListeners('close');
    // disconnect, not quit: every pending request has been awaited, and quit would wait for a server that is gone.
    this.client.disconnect();
  }
}

function textOf(error: Error): string {
  // A cluster that is not reached says which of its nodes failed how.
  const { lastNodeError } = error as { readonly lastNodeError?: unknown };
  if (lastNodeError instanceof Error) return textOf(lastNodeError);
  return error.message === '' ? error.name : messageOf(error);
}

/** What the client says of commands whose connection has ended, whatever for. */
const CLOSED = 'Connection is closed.';

function openClient(url: string, access: (() => ServerAccess) | null): RedisClient {
  const address = redisAddress(url);
  const now = (): AccessOptions =>
    access === null ? accessOf(address, undefined) : accessOf(redisAddress(access().url), access());
  if (address.kind === 'cluster') return openCluster(address.nodes, now);
  const options = {
    ...COMMON,
    ...now(),
    lazyConnect: true,
    maxRetriesPerRequest: STORE_RETRIES_MAX,
    // A primary that became a replica refuses writes: the next connection goes to the one that took its place.
    reconnectOnError: (error: Error) => (error.message.startsWith('READONLY') ? RECONNECT : false),
    scripts,
  } satisfies RedisOptions;
  const client: Redis =
    address.kind === 'single'
      ? new Redis(url, options)
      : new Redis({
          ...options,
          sentinels: [...address.sentinels],
          name: address.primary,
          db: address.db,
          sentinelRetryStrategy: (times) => (times > STORE_RETRIES_MAX ? null : retryDelayMs(times)),
          sentinelCommandTimeout: CONNECT_MS_MAX,
          failoverDetector: true,
          enableTLSForSentinelMode: address.isTls,
        });
  client.options.retryStrategy = (times) => {
    Object.assign(client.options, now());
    return retryDelayMs(times);
  };
  return client as Redis & Scripts; // what `scripts` declares
}

function openCluster(
  nodes: ReadonlyArray<{ host: string; port: number }>,
  now: () => AccessOptions,
): RedisClient {
  const cluster = new Cluster([...nodes], {
    redisOptions: { ...COMMON, ...now(), maxRetriesPerRequest: STORE_RETRIES_MAX },
    lazyConnect: true,
    // A request waits for the cluster itself, with a bound.
    enableOfflineQueue: false,
    clusterRetryStrategy: retryDelayMs,
    slotsRefreshTimeout: CONNECT_MS_MAX,
    // Names stay names: certificates have them.
    dnsLookup: (host, found) => found(null, host),
    scripts,
  });
  // Before it connects, which it does with its first command: a connection that is under way would refuse one.
  cluster.on('+node', (node: Redis) => Object.assign(node.options, now()));
  // The client does not say why no node has answered. Another attempt at one of them does.
  cluster.on('error', () => {
    const [node] = nodes;
    const options = { ...COMMON, ...now(), ...node, lazyConnect: true, retryStrategy: () => null };
    const probe = new Redis(options);
    probe.on('error', (error: Error) => cluster.emit('node error', error, `${node?.host}:${node?.port}`));
    probe.connect().then(
      () => probe.disconnect(),
      () => undefined,
    );
  });
  return cluster as Cluster & Scripts; // what `scripts` declares
}

const COMMON = {
  connectTimeout: CONNECT_MS_MAX,
  connectionName: 'millrace',
  commandTimeout: STORE_REQUEST_MS_MAX,
} as const;

interface AccessOptions {
  readonly username?: string;
  readonly password?: string;
  readonly tls?: ConnectionOptions;
  readonly sentinelUsername?: string;
  readonly sentinelPassword?: string;
  readonly sentinelTLS?: ConnectionOptions;
}

/** What a new connection uses: the client reads its options then. */
function accessOf(address: RedisAddress, access: ServerAccess | undefined): AccessOptions {
  const { username, password, isTls } = address;
  const material = isTls ? access?.tls : undefined;
  // By which a server chooses its certificate; an address is none.
  const isNamed = address.kind === 'single' && isIP(withoutBrackets(address.host)) === 0;
  const tls = isNamed ? { ...material, servername: address.host } : material;
  const sentinel = access?.sentinelUser ?? null;
  return {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(isTls ? { tls: tls ?? {}, sentinelTLS: material ?? {} } : {}),
    ...(sentinel === null ? {} : { sentinelPassword: sentinel.password }),
    ...(sentinel === null || sentinel.username === '' ? {} : { sentinelUsername: sentinel.username }),
  };
}
