// An engine whose clock is two hours ahead, on topics with a broker's own limits of time: it commits, everything once.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import t from 'tap';
import type { RunReport } from '../../src/app/compose/run-report.ts';
import { millrace } from '../support/cli.ts';
import { withAdmin } from '../support/kafka-admin.ts';
import { scoredTopology } from '../support/scored-topology.ts';
import { kafkaBrokers } from '../support/services.ts';

t.setTimeout(120_000);

const HOUR_MS = 3_600_000;

t.test('dead letters are written by a clock that the broker does not accept', async (t) => {
  const topology = scoredTopology('clock', 'partitions: 1,');
  t.teardown(() => topology.remove());
  const { name, folder, file } = topology;
  const kafka = new Kafka({ brokers: kafkaBrokers().split(','), logLevel: logLevel.NOTHING });
  const kinds = ['predictions', 'dead-letters', 'late', 'observations'].map((kind) => `${name}.${kind}`);
  const topics = [name, ...kinds].map((topic) => ({ topic, numPartitions: 1 }));
  await withAdmin((admin) => admin.createTopics({ topics }));
  const clock = join(folder, 'clock.mjs');
  writeFileSync(clock, `const { now } = Date; Date.now = () => now() + ${2 * HOUR_MS};\n`);
  const settings = {
    MILLRACE_KAFKA_BROKERS: kafkaBrokers(),
    MILLRACE_DATA: join(folder, 'data'),
    MILLRACE_PORT: '0',
  };
  const produced = await millrace(['produce', file, '--events', topology.eventsFile(0, 20)], settings);
  t.equal(produced.code, 0, produced.stderr);
  const producer = kafka.producer();
  await producer.connect();
  const messages = Array.from({ length: 5 }, () => ({ key: 'k', value: 'no event' }));
  await producer.send({ topic: name, messages });
  await producer.disconnect();
  const report = join(folder, 'report.json');
  const ran = await millrace(['run', file, '--until-caught-up', '--report', report], {
    ...settings,
    NODE_OPTIONS: `--import=${clock}`,
  });
  t.equal(ran.code, 0, ran.stderr);
  const { predictions, deadLetters } = JSON.parse(readFileSync(report, 'utf8')) as RunReport;
  t.same({ predictions, deadLetters }, { predictions: 20, deadLetters: 5 });
});
