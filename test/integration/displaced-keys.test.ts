// A stranger's record with the key of a partition's master key, on real Kafka: compaction would keep it and remove the engine's
// own, so the engine writes that again, though it is idle.
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import t from 'tap';
import { KafkaEventLog } from '../../src/adapters/kafka/event-log.ts';
import { runEngine } from '../support/running-engine.ts';
import { kafkaBrokers, redisUrl, uniqueName } from '../support/services.ts';
import { quietTelemetry } from './quiet-telemetry.ts';

t.setTimeout(120_000);
const POLL_MS = 100;

const name = uniqueName('holders').replaceAll('_', '-');
const topic = `${name}.data-keys`;
const folder = t.testdir({});
const file = join(folder, 'holders.ts');
writeFileSync(
  file,
  `import * as m from '${resolve(import.meta.dirname, '../../src/index.ts')}';
const { string, double, timestamp } = m;
export default m.defineTopology(
  m.source('${name}', {
    schema: { id: string, holder: string, amount: double, at: timestamp },
    eventTime: 'at', partitions: 1, sensitive: { holder: 'encrypt' }, entity: 'id',
  }),
  { name: '${name}', stages: [
    m.watermarks({ allowedLatenessMs: 1_000 }),
    m.features({ fields: { amount: m.numeric('amount') } }),
    m.score({ key: 'id', fallback: 0.5 }),
  ] },
);
`,
);

const brokers = kafkaBrokers().split(',');
const log = new KafkaEventLog({ brokers }, quietTelemetry());
t.teardown(() => log.close());

async function end(): Promise<number> {
  return (await log.offsets(topic))[0]?.high ?? 0;
}

async function recordKeys(from: number): Promise<string[]> {
  const keys: string[] = [];
  for await (const raw of log.read(topic, 0, from, await end())) keys.push(...[...raw.keys].map(String));
  return keys;
}

t.test('a key that a stranger displaces is written again', async (t) => {
  const engine = await runEngine(['run', file], join(folder, 'data'), {
    MILLRACE_KAFKA_BROKERS: kafkaBrokers(),
    MILLRACE_REDIS_URL: redisUrl(),
    MILLRACE_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
  });
  while (!(await recordKeys(0)).includes('master')) await sleep(POLL_MS);
  const from = await end();
  const forger = new Kafka({ brokers, logLevel: logLevel.NOTHING }).producer();
  await forger.connect();
  await forger.send({ topic, messages: [{ partition: 0, key: 'master', value: 'forged' }] });
  await forger.disconnect();
  while ((await recordKeys(from)).length < 2) await sleep(POLL_MS);
  t.strictSame(await recordKeys(from), ['master', 'master']);
  t.equal(await engine.stop(), 0);
});
