// ClickHouse over HTTP (control path).
import { ClickHouseLogLevel, createClient, type ClickHouseClientConfigOptions } from '@clickhouse/client';
import { MillraceError } from '../../core/errors.ts';
import { HISTORY_REQUEST_MS_MAX, START_REQUEST_MS_MAX } from '../../core/limits.ts';
import { keepUrlSecrets, withoutCredentials } from '../../core/secrets.ts';
import { databaseOf, type Database } from './database.ts';

/** Idle connections live longer than this in every common proxy. */
const PROGRESS_MS = 20_000;

/**
 * `url`: http(s)://[user:password@]host:port[/database]; a missing database is created. Throws
 * CONFIG_INVALID for a malformed URL, HISTORY_UNAVAILABLE if no server answers.
 */
export async function connectServer(url: string): Promise<Database> {
  keepUrlSecrets(url);
  const { database, server } = splitUrl(url);
  const options: ClickHouseClientConfigOptions = {
    url: server,
    request_timeout: HISTORY_REQUEST_MS_MAX,
    application: 'millrace',
    log: { level: ClickHouseLogLevel.OFF }, // its errors are thrown, and logged by Millrace's telemetry
    // A long query reports progress, so that no proxy closes the connection.
    clickhouse_settings: {
      send_progress_in_http_headers: 1,
      http_headers_progress_interval_ms: String(PROGRESS_MS),
    },
  };
  const where = `${withoutCredentials(server)}/${database}`;
  // A server that does not answer is reported soon, however long a query may take later.
  const bare = databaseOf(createClient({ ...options, request_timeout: START_REQUEST_MS_MAX }), where);
  try {
    if (database === 'default') await bare.command('SELECT 1');
    else await bare.command(`CREATE DATABASE IF NOT EXISTS \`${database.replaceAll(/[`\\]/g, '')}\``);
  } finally {
    await bare.close();
  }
  return databaseOf(createClient({ ...options, database }), where);
}

function splitUrl(url: string): { database: string; server: string } {
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
  return { database: database === '' ? 'default' : database, server: parsed.toString().replace(/\/$/, '') };
}
