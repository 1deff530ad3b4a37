// One connection to Redis with its scripts, and the mapping of its errors (control path).
import { isIP } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { Redis, ReplyError } from 'ioredis';
import { MillraceError, messageOf } from '../../core/errors.ts';
import { withoutBrackets } from '../../core/hosts.ts';
import { STORE_REQUEST_MS_MAX, STORE_RETRIES_MAX } from '../../core/limits.ts';
import { keepUrlSecrets, redacted } from '../../core/secrets.ts';
import { splitUrl } from '../../core/url-credentials.ts';
import type { ServerAccess } from '../../ports/credentials.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { replyFault } from './reply-codes.ts';
import {
  CLEAR_SCRIPT,
  COMMIT_SCRIPT,
  FORGET_SCRIPT,
  GET_SCRIPT,
  ORPHAN_SCRIPT,
  RESTORE_SCRIPT,
} from './scripts.ts';

/** Commands that the scripts add to the client. Bytes must be Buffers: the client turns other arrays into text. */
interface Scripts {
  mrRestoreBuffer(
    metaKey: string,
    generation: string,
    owner: string,
    takesOver: string,
    index: string,
  ): Promise<[live: number, meta: Buffer[]]>;
  mrCommitBuffer(metaKey: string, ...args: ReadonlyArray<string | Buffer>): Promise<number | Buffer[]>;
  mrClear(metaKey: string, generation: string, owner: string, prefix: string): Promise<number>;
  mrForget(metaKey: string, generation: string, owner: string, prefix: string, keys: Buffer): Promise<number>;
  mrOrphans(
    metaKey: string,
    generation: string,
    owner: string,
    prefix: string,
    keys: Buffer,
  ): Promise<number>;
  mrGetBuffer(
    metaKey: string,
    owner: string,
    commit: string,
    underWay: string,
    prefix: string,
    keys: Buffer,
  ): Promise<Array<Buffer | number | null>>;
}

/** Commands that fail because there is no connection do not say why. */
interface Reasons {
  lastFailure: string | null;
}

export type RedisConnection = Redis & Scripts & Reasons;

const CONNECT_MS_MAX = 3_000;
const RETRY_MS_MIN = 50;
const RETRY_MS_MAX = 2_000;

/** Exponential with full jitter, so that engines that lose Redis together do not reconnect together. */
function retryDelayMs(times: number): number {
  const ceiling = Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** times);
  return RETRY_MS_MIN + Math.random() * (ceiling - RETRY_MS_MIN);
}

/**
 * Connects on the first command.
 * @param url redis://[user:password@]host:port[/db], rediss:// for TLS
 * @param access as of now: read before each connection; user, password and TLS can change
 */
export function connectRedis(
  url: string,
  telemetry: Telemetry | null,
  access: (() => ServerAccess) | null = null,
): RedisConnection {
  keepUrlSecrets(url);
  const redis = new Redis(url, {
    ...(access === null ? {} : optionsOf(access())),
    lazyConnect: true,
    connectTimeout: CONNECT_MS_MAX,
    connectionName: 'millrace',
    retryStrategy(times) {
      if (access !== null) Object.assign(redis.options, optionsOf(access()));
      return retryDelayMs(times);
    },
    maxRetriesPerRequest: STORE_RETRIES_MAX,
    commandTimeout: STORE_REQUEST_MS_MAX,
    scripts: {
      mrRestore: { lua: RESTORE_SCRIPT, numberOfKeys: 1 },
      mrCommit: { lua: COMMIT_SCRIPT, numberOfKeys: 1 },
      mrGet: { lua: GET_SCRIPT, numberOfKeys: 1, readOnly: true },
      mrClear: { lua: CLEAR_SCRIPT, numberOfKeys: 1 },
      mrForget: { lua: FORGET_SCRIPT, numberOfKeys: 1 },
      mrOrphans: { lua: ORPHAN_SCRIPT, numberOfKeys: 1 },
    },
  });
  const connection = Object.assign(redis as Redis & Scripts, { lastFailure: null } as Reasons);
  const where = redacted(url);
  const away = (reason: string): void => {
    connection.lastFailure = reason;
    telemetry?.raise('store_unavailable', where, reason, { blocksReadiness: true });
  };
  redis.on('ready', () => {
    connection.lastFailure = null;
    telemetry?.clear('store_unavailable', where);
    telemetry?.info('redis connected', { url: where });
  });
  redis.on('close', () => away(connection.lastFailure ?? 'the connection is closed'));
  // Without a listener ioredis prints the error itself; the failed command rejects with it as well.
  redis.on('error', (error: Error) => away(error.message === '' ? error.name : messageOf(error)));
  return connection;
}

interface AccessOptions {
  readonly username?: string;
  readonly password?: string;
  readonly tls?: ConnectionOptions;
}

/** What a new connection uses: the client reads its options then. */
function optionsOf({ url, tls }: ServerAccess): AccessOptions {
  const { user } = splitUrl(url);
  const { hostname, protocol } = new URL(url);
  // By which a server chooses its certificate; an address is none.
  const isName = isIP(withoutBrackets(hostname)) === 0;
  return {
    ...(user === null ? {} : { password: user.password }),
    ...(user === null || user.username === '' ? {} : { username: user.username }),
    ...(protocol === 'rediss:' ? { tls: isName ? { ...tls, servername: hostname } : tls } : {}),
  };
}

/**
 * Maps an error of ioredis or Redis to FENCED, STORE_UNAVAILABLE, STORE_LOST or STORE_FAILED.
 * @param lastFailure of the connection, if there is none
 */
export function storeError(
  error: unknown,
  what: string,
  where: string,
  lastFailure: string | null = null,
): MillraceError {
  const message = messageOf(error);
  if (!(error instanceof ReplyError)) {
    return new MillraceError('STORE_UNAVAILABLE', `Redis did not ${what}: ${lastFailure ?? message}`, {
      where,
      remedy: 'Check that Redis runs at MILLRACE_REDIS_URL and accepts connections.',
      cause: error,
    });
  }
  const { code, remedy } = replyFault(message);
  return new MillraceError(code, `${SAYS[code]} ${what}: ${message}`, { where, remedy, cause: error });
}

const SAYS = {
  FENCED: 'a newer owner has the partition, so Redis did not',
  STORE_LOST: "Redis no longer holds this owner's state, and did not",
  STORE_UNAVAILABLE: 'Redis did not',
  STORE_FAILED: 'Redis refused to',
} as const;
