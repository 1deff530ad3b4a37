// Features of four entities over four partitions of a topic, in processes that are killed: each event's vector is that of
// one process that sees all events in order, and none is lost or there twice.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel, type Admin, type Producer } from 'kafkajs';
import t from 'tap';
import { environmentWith } from '../../tools/environment.ts';
import { readVectors, somePayments, vectorsInOrder, type Payment } from '../support/card-payments.ts';
import { bareCommand } from '../support/bare-command.ts';
import { withAdmin } from '../support/kafka-admin.ts';
import { untilPredicted } from '../support/counted-predictions.ts';
import { randomIntegers } from '../support/random-integers.ts';
import { kafkaBrokers, redisUrl, uniqueName } from '../support/services.ts';

const EVENTS = Number(process.env['MILLRACE_TEST_EVENTS'] ?? 1_000);
const KILLS = Number(process.env['MILLRACE_TEST_KILLS'] ?? 2);
t.setTimeout(KILLS * 60_000 + 180_000);
const brokers = kafkaBrokers().split(',');
const name = uniqueName('payments').replaceAll('_', '-');
const folder = mkdtempSync(join(tmpdir(), 'millrace-entities-'));
t.teardown(() => rmSync(folder, { recursive: true }));
const topology = join(folder, 'topology.ts');
const vectors = join(folder, 'vectors');
mkdirSync(vectors);
writeFileSync(
  topology,
  `import { appending, cardPayments } from '${resolve(import.meta.dirname, '../support/card-payments.ts')}';
export default cardPayments([appending('${vectors}')], '${name}');
`,
);

const kafka = new Kafka({ brokers, logLevel: logLevel.NOTHING });

interface Started {
  readonly child: ChildProcess;
  /** Resolves when it serves; with false if it has ended before. */
  readonly serves: Promise<boolean>;
}

function start(i: number): Started {
  const env = environmentWith({
    MILLRACE_KAFKA_BROKERS: kafkaBrokers(),
    MILLRACE_REDIS_URL: redisUrl(),
    MILLRACE_DATA: join(folder, `data-${i}`),
    MILLRACE_PORT: '0',
    MILLRACE_SESSION_TIMEOUT_MS: '2000',
    MILLRACE_LOG_LEVEL: 'error',
  });
  const [command, args] = bareCommand(process.execPath, ['src/app/main.ts', 'run', topology], undefined);
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => child.kill('SIGKILL'));
  const serves = new Promise<boolean>((resolve) => {
    child.once('exit', () => resolve(false));
    child.stdout.on('data', (text: Buffer) => {
      if (text.includes('dashboard')) resolve(true);
    });
  });
  return { child, serves };
}

const integers = randomIntegers(Date.now());
const random = (): number => integers() / 2 ** 32;

async function createSource(admin: Admin): Promise<void> {
  const configEntries = [{ name: 'retention.ms', value: '-1' }];
  await admin.createTopics({
    waitForLeaders: true,
    topics: [{ topic: name, numPartitions: 4, configEntries }],
  });
}

async function send(producer: Producer, payments: readonly Payment[]): Promise<void> {
  const messages = payments.map((payment) => ({
    key: payment.card,
    value: JSON.stringify(payment),
    timestamp: String(payment.at),
  }));
  await producer.send({ topic: name, messages });
}

async function end({ child, serves }: Started): Promise<number | null> {
  if (!(await serves)) return null;
  await sleep(500); // it handles signals a moment later
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  return ((await exit) as [number | null])[0];
}

let predicted = 0;

t.test('the vectors of one process that sees all events in order', async (t) => {
  const payments = somePayments(EVENTS, random, Date.UTC(2026, 0, 1));
  await withAdmin(createSource);
  const producer = kafka.producer();
  await producer.connect();
  let processes = [0, 1].map((i) => start(i));
  let started = processes.length;
  const chunk = Math.ceil(EVENTS / (KILLS + 1));
  for (let from = 0; from < EVENTS; from += chunk) {
    for (let at = from; at < from + chunk; at += 100) {
      await send(producer, payments.slice(at, Math.min(at + 100, from + chunk)));
      await sleep(random() * 100);
    }
    if (from + chunk >= EVENTS) break;
    const victim = processes[integers() % processes.length] as Started;
    await victim.serves; // one that could not start is replaced as well, as a supervisor does
    await sleep(random() * 2_000);
    victim.child.kill('SIGKILL');
    processes = [...processes.filter((one) => one !== victim), start(started++)];
  }
  await producer.disconnect();
  const expected = await vectorsInOrder(payments);
  const counts = await untilPredicted(brokers, name, expected.size);
  t.equal(
    counts.reduce((sum, count) => sum + count, 0),
    expected.size,
    'each prediction once',
  );
  predicted = expected.size;
  const codes = await Promise.all(processes.map((one) => end(one)));
  t.same(new Set(codes.filter((code) => code !== null)), new Set([0]));
  const found = readVectors(vectors);
  t.equal(found.size, expected.size);
  const wrong = [...expected].filter(([id, vector]) => found.get(id)?.join() !== vector.join());
  t.same(
    wrong.slice(0, 3).map(([id, vector]) => [id, found.get(id)?.join(), vector.join()]),
    [],
    `${wrong.length} vectors differ`,
  );
});

t.test(
  'a source that is created again starts over, without what its hops had of the one before',
  async (t) => {
    const running = start(9);
    await running.serves;
    await withAdmin(async (admin) => {
      await admin.deleteTopics({ topics: [name] });
      for (;;) {
        // It is gone a moment later.
        if (!(await admin.listTopics()).includes(name)) break;
        await sleep(100);
      }
      await createSource(admin);
    });
    // Other payments, at offsets that there were before.
    const payments = somePayments(200, random, Date.UTC(2026, 1, 1)).map((one) => ({
      ...one,
      id: `again-${one.id}`,
    }));
    const producer = kafka.producer();
    await producer.connect();
    await send(producer, payments);
    await producer.disconnect();
    const expected = await vectorsInOrder(payments);
    await untilPredicted(brokers, name, predicted + expected.size);
    t.equal(await end(running), 0);
    const found = readVectors(vectors);
    const wrong = [...expected].filter(([id, vector]) => found.get(id)?.join() !== vector.join());
    t.same(
      wrong.slice(0, 3).map(([id, vector]) => [id, found.get(id)?.join(), vector.join()]),
      [],
      `${wrong.length} of ${expected.size} vectors differ`,
    );
  },
);
