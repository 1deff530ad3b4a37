/** ClickHouse on 127.0.0.1: a clickhouse-server where one is installed, else chdb behind an HTTP front. Control path. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findCommand } from '../install.ts';
import { pickPort } from '../ports.ts';
import { prepareDataDir, startService, type Service, type ServiceOptions } from '../service.ts';

export interface ClickHouseOptions extends ServiceOptions {
  /** 'server', 'chdb', or 'auto' (default): a server where a current one is installed. */
  engine?: 'auto' | 'server' | 'chdb';
}

export interface ClickHouseService extends Service {
  readonly url: string;
  readonly engine: 'server' | 'chdb';
}

/** Older ones (Debian ships 18.16) lack much of the SQL that the tables use. */
const SERVER_MAJOR_MIN = 21;

/** Command line of an installed clickhouse-server that is new enough, or null. */
export function findServer(): string[] | null {
  for (const [command, ...args] of [['clickhouse-server'], ['clickhouse', 'server']]) {
    const path = command === undefined ? null : findCommand(command);
    if (path === null) continue;
    const said = spawnSync(path, [...args, '--version'], { encoding: 'utf8' }).stdout;
    const major = Number(/version (\d+)\./.exec(said)?.[1] ?? 0);
    if (major >= SERVER_MAJOR_MIN) return [path, ...args];
  }
  return null;
}

/** A whole server configuration, users included: one user without a password, one port. */
export function serverConfig(dataDir: string, port: number): string {
  const path = (name: string): string => join(dataDir, name, '/');
  return `<clickhouse>
  <logger><level>warning</level><console>1</console></logger>
  <listen_host>127.0.0.1</listen_host>
  <http_port>${port}</http_port>
  <path>${path('store')}</path>
  <tmp_path>${path('tmp')}</tmp_path>
  <user_files_path>${path('files')}</user_files_path>
  <format_schema_path>${path('schemas')}</format_schema_path>
  <user_directories><users_xml><path>server.xml</path></users_xml></user_directories>
  <profiles><default/></profiles>
  <users><default><password/><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota></default></users>
  <quotas><default/></quotas>
  <mark_cache_size>67108864</mark_cache_size>
</clickhouse>
`;
}

function serverCommand(server: readonly string[], dataDir: string, port: number): [string, ...string[]] {
  const configFile = join(dataDir, 'server.xml');
  writeFileSync(configFile, serverConfig(dataDir, port));
  const [command = '', ...args] = server;
  return [command, ...args, `--config-file=${configFile}`];
}

function requireChdb(): void {
  try {
    import.meta.resolve('chdb');
  } catch (cause) {
    throw new Error(
      'ClickHouse: neither a clickhouse-server (21 or newer) nor the optional package chdb is installed. ' +
        'Install a server, or run npm install chdb (Linux with glibc, or macOS).',
      { cause },
    );
  }
}

function frontCommand(dataDir: string, port: number): [string, ...string[]] {
  const path = join(dataDir, 'chdb');
  mkdirSync(path, { recursive: true });
  const front = join(import.meta.dirname, 'http-front.ts');
  return [process.execPath, front, '--path', path, '--port', String(port)];
}

async function checkClickHouse(url: string): Promise<void> {
  const response = await fetch(`${url}/?query=SELECT%201`, { signal: AbortSignal.timeout(5_000) });
  const body = await response.text();
  if (body !== '1\n') throw new Error(`SELECT 1 said ${response.status} ${body}`);
}

/** Starts ClickHouse and waits until it answers SELECT 1. */
export async function startClickHouse(options: ClickHouseOptions = {}): Promise<ClickHouseService> {
  const wanted = options.engine ?? 'auto';
  const server = wanted === 'chdb' ? null : findServer();
  if (wanted === 'server' && server === null) {
    throw new Error(`ClickHouse: no clickhouse-server of version ${SERVER_MAJOR_MIN} or newer on PATH`);
  }
  if (server === null) requireChdb();
  const port = options.port ?? (await pickPort());
  const { dataDir, scratch } = prepareDataDir('clickhouse', options.dataDir);
  const [command, ...args] =
    server === null ? frontCommand(dataDir, port) : serverCommand(server, dataDir, port);
  const url = `http://127.0.0.1:${port}`;
  const service = await startService({
    name: 'clickhouse',
    port,
    dataDir,
    scratch,
    environment: { MILLRACE_CLICKHOUSE_URL: url },
    command,
    args,
    check: () => checkClickHouse(url),
    onUnexpectedEnd: options.onUnexpectedEnd,
  });
  const engine: 'server' | 'chdb' = server === null ? 'chdb' : 'server';
  return Object.assign(service, { url, engine });
}
