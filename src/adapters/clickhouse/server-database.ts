// ClickHouse over HTTP (control path).
import { Agent } from 'node:https';
import { ClickHouseLogLevel, createClient, type ClickHouseClientConfigOptions } from '@clickhouse/client';
import { MillraceError } from '../../core/errors.ts';
import { HISTORY_REQUEST_MS_MAX } from '../../core/history-limits.ts';
import { START_REQUEST_MS_MAX } from '../../core/process-limits.ts';
import { keepUrlSecrets, redacted } from '../../core/secrets.ts';
import { splitUrl } from '../../core/url-credentials.ts';
import type { ServerAccess, TlsMaterial, UserPassword } from '../../ports/credentials.ts';
import { databaseOf, type Database } from './database.ts';

/** Idle connections live longer than this in every common proxy. */
const PROGRESS_MS = 20_000;

/**
 * `url`: http(s)://[user:password@]host:port[/database]; a missing database is created. Throws
 * CONFIG_INVALID for a malformed URL, HISTORY_UNAVAILABLE if no server answers.
 */
export async function connectServer(
  url: string,
  access: () => ServerAccess = () => ({ url, user: null, tls: {} }),
): Promise<Database> {
  keepUrlSecrets(url);
  const { database, server } = placeOf(url);
  const options: ClickHouseClientConfigOptions = {
    url: server,
    request_timeout: HISTORY_REQUEST_MS_MAX,
    application: 'millrace',
    ...tlsOptions(access),
    log: { level: ClickHouseLogLevel.OFF }, // its errors are thrown, and logged by Millrace's telemetry
    // A long query reports progress, so that no proxy closes the connection.
    clickhouse_settings: {
      send_progress_in_http_headers: 1,
      http_headers_progress_interval_ms: String(PROGRESS_MS),
    },
  };
  const where = `${redacted(server)}/${database}`;
  // With each request: a password that has changed is taken without a new client.
  const user = (): UserPassword | null => splitUrl(access().url).user;
  // A server that does not answer is reported soon, however long a query may take later.
  const bare = databaseOf(createClient({ ...options, request_timeout: START_REQUEST_MS_MAX }), where, user);
  try {
    if (database === 'default') await bare.command('SELECT 1');
    else await bare.command(`CREATE DATABASE IF NOT EXISTS \`${database.replaceAll(/[`\\]/g, '')}\``);
  } finally {
    await bare.close();
  }
  return databaseOf(createClient({ ...options, database }), where, user);
}

/** As the client's own agents. */
const CONNECTIONS_MAX = 10;

/** Certificates are read with each connection. */
class CurrentAgent extends Agent {
  readonly #tls: () => TlsMaterial;

  constructor(tls: () => TlsMaterial) {
    super({ keepAlive: true, maxSockets: CONNECTIONS_MAX });
    this.#tls = tls;
  }

  override createConnection(
    ...[options, connected]: Parameters<Agent['createConnection']>
  ): ReturnType<Agent['createConnection']> {
    return super.createConnection({ ...options, ...this.#tls() }, connected);
  }
}

/** A user without a password, and with a certificate, is identified by the certificate. */
function tlsOptions(access: () => ServerAccess): Partial<ClickHouseClientConfigOptions> {
  const { url, tls } = access();
  if (Object.keys(tls).length === 0) return {};
  const http_agent = new CurrentAgent(() => access().tls);
  const { user } = splitUrl(url);
  if (tls.cert === undefined || user === null || user.password !== '') return { http_agent };
  const http_headers = { 'X-ClickHouse-User': user.username, 'X-ClickHouse-SSL-Certificate-Auth': 'on' };
  return { http_agent, http_headers, set_basic_auth_header: false };
}

/** `server`: without user and password. */
function placeOf(url: string): { database: string; server: string } {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch (cause) {
    throw new MillraceError('CONFIG_INVALID', 'not a URL of ClickHouse', {
      where: 'MILLRACE_CLICKHOUSE_URL',
      remedy: 'Give a URL like http://user:password@localhost:8123/millrace.',
      cause,
    });
  }
  const database = decodeURIComponent(parsed.pathname.replaceAll('/', ''));
  parsed.pathname = '';
  const server = splitUrl(parsed.href).bare;
  return { database: database === '' ? 'default' : database, server };
}
