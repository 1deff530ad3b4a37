// Prints which service each port uses (control path), and for embedded ones the setting that names a server.
import type { Config } from '../../settings/config.ts';
import * as services from '../../settings/services.ts';
import type { HistoryEngine } from '../../compose/adapters.ts';

function line(port: string, service: string | null, embedded: string, variable: string): string {
  return `${port.padEnd(9)}  ${service ?? `${embedded}; set ${variable} for a server`}`;
}

/** One line per port. */
export function servicesInUse(config: Config, historyEngine: HistoryEngine): string[] {
  const { brokers, redisUrl, clickhouseUrl, registryUrl, dataFolder } = config;
  return [
    line(
      'log',
      brokers === null ? null : `Kafka at ${brokers.join(', ')}`,
      `embedded, in ${dataFolder}`,
      'MILLRACE_KAFKA_BROKERS',
    ),
    line(
      'state',
      redisUrl === null ? null : `Redis at ${services.redisUrl.show(redisUrl)}`,
      `embedded, in ${dataFolder}`,
      'MILLRACE_REDIS_URL',
    ),
    line(
      'history',
      clickhouseUrl === null ? null : `ClickHouse at ${services.clickhouseUrl.show(clickhouseUrl)}`,
      `embedded (${historyEngine}), in ${dataFolder}`,
      'MILLRACE_CLICKHOUSE_URL',
    ),
    line(
      'schemas',
      registryUrl === null ? null : `registry at ${services.registryUrl.show(registryUrl)}`,
      `embedded, ids in ${dataFolder}: processes on one broker must share it`,
      'MILLRACE_SCHEMA_REGISTRY_URL',
    ),
  ];
}
