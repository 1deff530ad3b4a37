// Which service each port is on, for people (control path): what is not configured says how to configure it.
import type { Config } from '../settings/config.ts';

/** Without user and password. */
function shown(url: string): string {
  const parsed = new URL(url);
  parsed.username = '';
  parsed.password = '';
  return parsed.href.replace(/\/$/, '');
}

function line(port: string, service: string | null, embedded: string, variable: string): string {
  return `${port.padEnd(9)}  ${service ?? `${embedded}; set ${variable} for a server`}`;
}

/** A line a port. */
export function servicesInUse(config: Config, hasHistory: boolean): string[] {
  const { brokers, redisUrl, clickhouseUrl, registryUrl, dataFolder } = config;
  const chdb = hasHistory ? `embedded (chdb), in ${dataFolder}` : 'off: chdb is not installed';
  return [
    line(
      'log',
      brokers === null ? null : `Kafka at ${brokers.join(', ')}`,
      `embedded, in ${dataFolder}`,
      'MILLRACE_KAFKA_BROKERS',
    ),
    line(
      'state',
      redisUrl === null ? null : `Redis at ${shown(redisUrl)}`,
      `embedded, in ${dataFolder}`,
      'MILLRACE_REDIS_URL',
    ),
    line(
      'history',
      clickhouseUrl === null ? null : `ClickHouse at ${shown(clickhouseUrl)}`,
      chdb,
      'MILLRACE_CLICKHOUSE_URL',
    ),
    line(
      'schemas',
      registryUrl === null ? null : `registry at ${shown(registryUrl)}`,
      `embedded, ids in ${dataFolder}: processes on one broker must share it`,
      'MILLRACE_SCHEMA_REGISTRY_URL',
    ),
  ];
}
