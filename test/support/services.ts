/** Addresses of the services that test/run.ts has started, for integration tests. */

type Variable =
  | 'MILLRACE_KAFKA_BROKERS'
  | 'MILLRACE_REDIS_URL'
  | 'MILLRACE_CLICKHOUSE_URL'
  | 'MILLRACE_SCHEMA_REGISTRY_URL';

function read(variable: Variable): string {
  const value = process.env[variable];
  if (value !== undefined && value !== '') return value;
  throw new Error(
    `${variable} is not set: this test needs a real server. Run it with npm test -- FILE, which starts one, ` +
      'or start them with npm run services and set the variables that it prints.',
  );
}

/** host:port of the brokers, separated by commas. */
export function kafkaBrokers(): string {
  return read('MILLRACE_KAFKA_BROKERS');
}

/** redis://host:port */
export function redisUrl(): string {
  return read('MILLRACE_REDIS_URL');
}

/** http://host:port */
export function clickhouseUrl(): string {
  return read('MILLRACE_CLICKHOUSE_URL');
}

/** URL of a schema registry's Confluent API, which tests share: use subjects that no other test uses. */
export function schemaRegistryUrl(): string {
  return read('MILLRACE_SCHEMA_REGISTRY_URL');
}

/** Path of the browser for the end-to-end tests. */
export function chromiumPath(): string {
  return process.env['MILLRACE_CHROMIUM'] ?? '/usr/bin/chromium';
}

let names = 0;

/** A name that no other test or process uses, for a topic, a key prefix or a table: letters, digits and _. */
export function uniqueName(prefix: string): string {
  names++;
  return `${prefix}_${process.pid}_${Date.now().toString(36)}_${names}`;
}
