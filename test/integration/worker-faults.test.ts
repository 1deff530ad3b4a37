// A worker that ends with a fault that a restart would meet again ends the whole command, once.
import { join } from 'node:path';
import t from 'tap';
import { millrace } from '../support/cli.ts';
import { withAdmin } from '../support/kafka-admin.ts';
import { scoredTopology } from '../support/scored-topology.ts';
import { clickhouseUrl, kafkaBrokers, redisUrl } from '../support/services.ts';

t.setTimeout(120_000);

t.test('a topic with another partition count, and two workers', async (t) => {
  const topology = scoredTopology('worker', 'partitions: 1,');
  t.teardown(() => topology.remove());
  const topic = `${topology.name}.observations`;
  await withAdmin((admin) => admin.createTopics({ topics: [{ topic, numPartitions: 2 }] }));
  const { code, stderr } = await millrace(['run', topology.file, '--workers', '2'], {
    MILLRACE_KAFKA_BROKERS: kafkaBrokers(),
    MILLRACE_REDIS_URL: redisUrl(),
    MILLRACE_CLICKHOUSE_URL: clickhouseUrl(),
    MILLRACE_DATA: join(topology.folder, 'data'),
    MILLRACE_PORT: '0',
  });
  t.equal(code, 1);
  t.match(stderr, /^millrace: LOG_FAILED: .*2 partitions, not 1.*observations.*Set the partition count/m);
  t.notMatch(stderr, /restarts in/);
});
