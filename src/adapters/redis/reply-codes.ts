// What the engine makes of an error reply of Redis (control path). The first word of a reply is its code. Source: the
// replies in redis/src/server.c (createSharedObjects), acl.c, cluster.c and script.c, up to Redis 8.
import type { ErrorCode } from '../../core/errors.ts';
import { FENCED_REPLY, LOST_REPLY } from './scripts.ts';

type StoreCode = Extract<ErrorCode, 'FENCED' | 'STORE_UNAVAILABLE' | 'STORE_LOST' | 'STORE_FAILED'>;

interface ReplyFault {
  readonly code: StoreCode;
  readonly remedy: string;
}

const WAIT = 'Check that Redis runs at MILLRACE_REDIS_URL and accepts writes.';
const ACCESS = 'Correct the user and the password in MILLRACE_REDIS_URL, or what Redis allows that user.';
const CLUSTER =
  'The server belongs to a cluster: write redis+cluster://host:port in MILLRACE_REDIS_URL, with some of its nodes.';
const ONE_SERVER = 'The server belongs to no cluster: write redis://host:port in MILLRACE_REDIS_URL.';
const SETUP = 'Correct MILLRACE_REDIS_URL, or the set-up of the Redis that it names.';

export const redisReplies: Readonly<Record<string, ReplyFault>> = {
  [FENCED_REPLY]: { code: 'FENCED', remedy: 'Stop this task: another one owns the partition.' },
  [LOST_REPLY]: {
    code: 'STORE_LOST',
    remedy: 'The task rebuilds the state from the log. Run Redis with maxmemory-policy noeviction.',
  },
  // Starting, failing over, or short of something that an operator or time brings back.
  LOADING: { code: 'STORE_UNAVAILABLE', remedy: 'Wait until Redis has loaded its data.' },
  READONLY: {
    code: 'STORE_UNAVAILABLE',
    remedy: 'Name the primary in MILLRACE_REDIS_URL, or wait for the failover.',
  },
  MASTERDOWN: { code: 'STORE_UNAVAILABLE', remedy: WAIT },
  CLUSTERDOWN: { code: 'STORE_UNAVAILABLE', remedy: WAIT },
  TRYAGAIN: { code: 'STORE_UNAVAILABLE', remedy: WAIT },
  NOREPLICAS: { code: 'STORE_UNAVAILABLE', remedy: 'Bring back replicas, or lower min-replicas-to-write.' },
  BUSY: {
    code: 'STORE_UNAVAILABLE',
    remedy: 'Wait for the script that Redis runs, or end it with SCRIPT KILL.',
  },
  UNKILLABLE: { code: 'STORE_UNAVAILABLE', remedy: WAIT },
  INPROG: { code: 'STORE_UNAVAILABLE', remedy: WAIT },
  NOGOODSLAVE: { code: 'STORE_UNAVAILABLE', remedy: WAIT },
  NOSCRIPT: { code: 'STORE_UNAVAILABLE', remedy: WAIT },
  EXECABORT: { code: 'STORE_UNAVAILABLE', remedy: WAIT },
  UNBLOCKED: { code: 'STORE_UNAVAILABLE', remedy: WAIT },
  NOTBUSY: { code: 'STORE_UNAVAILABLE', remedy: WAIT },
  OOM: { code: 'STORE_UNAVAILABLE', remedy: 'Raise maxmemory of Redis, or remove what else it stores.' },
  MISCONF: { code: 'STORE_UNAVAILABLE', remedy: 'Give the disk of Redis room: it cannot save its data.' },
  IOERR: { code: 'STORE_UNAVAILABLE', remedy: 'Check the disk of Redis.' },
  // The same reply would come again.
  NOAUTH: { code: 'STORE_FAILED', remedy: ACCESS },
  WRONGPASS: { code: 'STORE_FAILED', remedy: ACCESS },
  NOPERM: { code: 'STORE_FAILED', remedy: ACCESS },
  DENIED: { code: 'STORE_FAILED', remedy: 'Give Redis a password, or turn its protected mode off.' },
  MOVED: { code: 'STORE_FAILED', remedy: CLUSTER },
  ASK: { code: 'STORE_FAILED', remedy: CLUSTER },
  CROSSSLOT: { code: 'STORE_FAILED', remedy: CLUSTER },
  NOPROTO: { code: 'STORE_FAILED', remedy: SETUP },
  WRONGTYPE: {
    code: 'STORE_FAILED',
    remedy:
      'Another application writes keys that begin with mr: in this database. Give Millrace a database of its own.',
  },
  ERR: { code: 'STORE_FAILED', remedy: SETUP },
};

/** Replies with the code ERR that pass. */
const PASSING =
  /^ERR (max number of clients reached|server is shutting down|.*\btimeout\b|script attempted to (access a non local key|execute .* while the cluster is down))/i;
const NO_CLUSTER = /cluster support disabled/i;
/** Redis 6 wraps the reply that a script met. */
const WITHIN_SCRIPT = /^ERR Error running script.*?-([A-Z]+) /s;

/** Codes that the table lacks, those of modules for example, are final refusals. */
export function replyFault(message: string): ReplyFault {
  const own = [FENCED_REPLY, LOST_REPLY].find((word) => message.includes(word));
  const code = own ?? WITHIN_SCRIPT.exec(message)?.[1] ?? /^[A-Z]+/.exec(message)?.[0] ?? 'ERR';
  if (NO_CLUSTER.test(message)) return { code: 'STORE_FAILED', remedy: ONE_SERVER };
  if (PASSING.test(message)) return { code: 'STORE_UNAVAILABLE', remedy: WAIT };
  return redisReplies[code] ?? (redisReplies['ERR'] as ReplyFault);
}
