// What MILLRACE_REDIS_URL says (control path): one server, some nodes of a cluster, or the Sentinels that name a primary.
import { MillraceError } from '../../core/errors.ts';
import { parseHostListUrl } from '../../core/host-list-url.ts';
import { withoutBrackets } from '../../core/hosts.ts';
import { redacted } from '../../core/secrets.ts';
import { decoded } from '../../core/url-credentials.ts';

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

interface Common {
  readonly isTls: boolean;
  /** Of Redis itself; undefined: none. */
  readonly username?: string;
  readonly password?: string;
}

export type RedisAddress = Common &
  (
    | { readonly kind: 'single'; readonly host: string }
    | { readonly kind: 'cluster'; readonly nodes: readonly HostPort[] }
    | {
        readonly kind: 'sentinel';
        readonly sentinels: readonly HostPort[];
        /** Name under which the Sentinels watch the primary. */
        readonly primary: string;
        readonly db: number;
      }
  );

const PORTS = { cluster: 6_379, sentinel: 26_379 } as const;

/** @throws MillraceError CONFIG_INVALID for a URL of no such form */
export function redisAddress(text: string): RedisAddress {
  const parsed = parseHostListUrl(text);
  const [, tls, kind] = /^redis(s?)(?:\+(cluster|sentinel))?:$/.exec(parsed?.url.protocol ?? '') ?? [];
  if (parsed === null || tls === undefined) throw refused(text, 'it is no URL of Redis', FORMS);
  const { url, hosts } = parsed;
  const common: Common = {
    isTls: tls === 's',
    ...(url.username === '' ? {} : { username: decoded(url.username) }),
    ...(url.password === '' ? {} : { password: decoded(url.password) }),
  };
  const parts = url.pathname.split('/').filter((part) => part !== '');
  if (kind === undefined) {
    if (hosts.length > 1) throw refused(text, 'it lists several hosts', FORMS);
    return { ...common, kind: 'single', host: url.hostname };
  }
  const nodes = hosts.map((host) => hostPort(text, host, PORTS[kind as keyof typeof PORTS]));
  if (kind === 'cluster') {
    if (parts.some((part) => part !== '0'))
      throw refused(text, 'a cluster has the database 0 alone', 'Leave the path of the URL out.');
    return { ...common, kind: 'cluster', nodes };
  }
  const [primary, db = '0', ...more] = parts;
  if (primary === undefined || more.length > 0 || !/^\d{1,5}$/.test(db)) {
    const remedy = 'Write the name under which they watch it: redis+sentinel://host1,host2/mymaster.';
    throw refused(text, 'the Sentinels need the name of a primary', remedy);
  }
  return { ...common, kind: 'sentinel', sentinels: nodes, primary: decoded(primary), db: Number(db) };
}

const FORMS =
  'Write redis://host:port, redis+cluster://host1:port,host2:port or redis+sentinel://host1:port,host2:port/mymaster.';

function hostPort(text: string, host: string, portDefault: number): HostPort {
  const { hostname, port } = new URL(`redis://${host}`);
  if (hostname === '') throw refused(text, 'it names no host', FORMS);
  return { host: withoutBrackets(hostname), port: port === '' ? portDefault : Number(port) };
}

function refused(text: string, what: string, remedy: string): MillraceError {
  return new MillraceError('CONFIG_INVALID', `MILLRACE_REDIS_URL: ${what}`, {
    where: redacted(text),
    remedy,
  });
}
