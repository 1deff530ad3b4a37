// A start while one of the four services is away, or denies access, ends within seconds with exit code 1, one error with
// the place and the remedy, and few log lines.
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { millrace } from '../support/cli.ts';
import { scoredTopology } from '../support/scored-topology.ts';
import { clickhouseUrl, kafkaBrokers, redisUrl } from '../support/services.ts';

t.setTimeout(120_000);

/** As many processes start at once here, on a busy machine. */
const START_MS_MAX = 60_000;
const topology = scoredTopology('away', 'partitions: 1,');
t.teardown(() => topology.remove());
// A server that accepts connections and never answers.
const silent = createServer(() => undefined);
await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
const silentPort = (silent.address() as AddressInfo).port; // listens on TCP, so it is no path
t.teardown(() => silent.close());

const services = {
  MILLRACE_KAFKA_BROKERS: kafkaBrokers(),
  MILLRACE_REDIS_URL: redisUrl(),
  MILLRACE_CLICKHOUSE_URL: clickhouseUrl(),
};
const withUser = (url: string): string => url.replace('://', '://someone:wrong@');

const CASES: ReadonlyArray<readonly [name: string, Record<string, string>, RegExp]> = [
  [
    'Redis refuses',
    { MILLRACE_REDIS_URL: 'redis://127.0.0.1:1' },
    /STORE_UNAVAILABLE.*ECONNREFUSED.*REDIS_URL/,
  ],
  [
    'Redis is silent',
    { MILLRACE_REDIS_URL: `redis://127.0.0.1:${silentPort}` },
    /STORE_UNAVAILABLE.*REDIS_URL/,
  ],
  ['Redis denies', { MILLRACE_REDIS_URL: withUser(redisUrl()) }, /STORE_FAILED.*WRONGPASS.*REDIS_URL/],
  [
    'ClickHouse refuses',
    { MILLRACE_CLICKHOUSE_URL: 'http://127.0.0.1:1' },
    /HISTORY_UNAVAILABLE.*CLICKHOUSE_URL/,
  ],
  [
    'ClickHouse is silent',
    { MILLRACE_CLICKHOUSE_URL: `http://127.0.0.1:${silentPort}` },
    /HISTORY_UNAVAILABLE.*CLICKHOUSE_URL/,
  ],
  ['Kafka refuses', { MILLRACE_KAFKA_BROKERS: '127.0.0.1:1' }, /LOG_UNAVAILABLE.*KAFKA_BROKERS/],
  [
    'the registry refuses',
    { MILLRACE_SCHEMA_REGISTRY_URL: 'http://127.0.0.1:1' },
    /REGISTRY_UNAVAILABLE.*SCHEMA_REGISTRY_URL/,
  ],
];

const ended = CASES.map(async ([, settings], i) => {
  const data = join(topology.folder, `data-${i}`);
  const startedMs = performance.now();
  const end = await millrace(['run', topology.file], {
    ...services,
    MILLRACE_DATA: data,
    MILLRACE_PORT: '0',
    ...settings,
  });
  return { ...end, ms: performance.now() - startedMs };
});

for (const [i, [name, , said]] of CASES.entries()) {
  t.test(name, async (t) => {
    const { code, stderr, ms } = (await ended[i]) as Awaited<(typeof ended)[number]>;
    t.equal(code, 1, stderr);
    t.ok(ms < START_MS_MAX, `${Math.round(ms)} ms`);
    const errors = stderr.split('\n').filter((line) => line.startsWith('millrace: '));
    t.equal(errors.length, 1, stderr);
    t.match(errors[0], said);
    t.ok(stderr.trim().split('\n').length <= 12, stderr);
  });
}
