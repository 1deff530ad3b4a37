// Repartitioned events on Kafka: four partitions of a source are merged into the order of event time, although the processes
// are killed while they read, and a second topology has the features of one process that sees all events in order.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import t from 'tap';
import { partitionOf } from '../../src/core/murmur2.ts';
import { Random } from '../../src/stats/random.ts';
import { millrace } from '../support/cli.ts';
import { withAdmin } from '../support/kafka-admin.ts';
import { runEngine } from '../support/running-engine.ts';
import { kafkaBrokers, uniqueName } from '../support/services.ts';

t.setTimeout(300_000);

const PARTITIONS = 4;
const TARGETS = 2;
const EVENTS = 3_000;
const name = uniqueName('orders').replaceAll('_', '-');
const folder = mkdtempSync(join(tmpdir(), 'millrace-merge-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const settings = { MILLRACE_KAFKA_BROKERS: kafkaBrokers(), MILLRACE_PORT: '0' };

const file = join(folder, 'topology.ts');
writeFileSync(
  file,
  `import { defineTopology, hours, json, repartition, source, string, timestamp, watermarks } from '${resolve('src/index.ts')}';
const events = source('${name}', {
  schema: { id: string, user: string, at: timestamp },
  eventTime: 'at',
  format: json(),
  partitions: ${PARTITIONS},
});
export default defineTopology(events, {
  name: '${name}',
  stages: [watermarks({ allowedLatenessMs: hours(1) }), repartition({ key: ['user'], partitions: ${TARGETS}, waitMs: 300 })],
});
`,
);

interface Event {
  readonly id: string;
  readonly user: string;
  readonly at: number;
  readonly partition: number;
}

const random = new Random(7);
const START_MS = Date.UTC(2024, 0, 1);
const events = Array.from({ length: EVENTS }, (_, i): Event => {
  const late = random.nextInt(5) === 0 ? 1_000 * random.nextInt(60) : 0;
  return {
    id: `e-${i}`,
    user: `u-${random.nextInt(20)}`,
    at: START_MS + 100_000 + 1_000 * Math.floor(i / 2) - late,
    // One partition ends early.
    partition: random.nextInt(i < EVENTS / 3 ? PARTITIONS : PARTITIONS - 1),
  };
});

/** Those that come once a tool has moved the position of the merge, and once a broker has answered with an older one. */
const more = Array.from({ length: 500 }, (_, i): Event => {
  const at = START_MS + 2_000 * EVENTS + 1_000 * i;
  return { id: `m-${i}`, user: `u-${i % 20}`, at, partition: random.nextInt(PARTITIONS) };
});

/** The ids of each partition, in the order of the watermarks of the source. */
function oracle(all: readonly Event[]): string[][] {
  const watermarkMs = new Map<number, number>();
  const keyed = all.map((event) => {
    const atMs = Math.max(event.at, watermarkMs.get(event.partition) ?? 0);
    watermarkMs.set(event.partition, atMs);
    return { ...event, atMs };
  });
  const sorted = keyed.toSorted((a, b) => a.atMs - b.atMs || a.partition - b.partition);
  return Array.from({ length: TARGETS }, (_, target) =>
    sorted.filter(({ user }) => partitionOf(Buffer.from(user), TARGETS) === target).map(({ id }) => id),
  );
}

const kafka = new Kafka({ brokers: kafkaBrokers().split(','), logLevel: logLevel.NOTHING });

async function createSource(): Promise<void> {
  await withAdmin(async (admin) => {
    const config = [{ name: 'retention.ms', value: '-1' }];
    const topics = [{ topic: name, numPartitions: PARTITIONS, configEntries: config }];
    await admin.createTopics({ topics, waitForLeaders: true });
  });
}

async function produce(all: readonly Event[]): Promise<void> {
  const producer = kafka.producer();
  await producer.connect();
  const messages = all.map(({ partition, ...value }) => {
    return { partition, value: JSON.stringify(value), timestamp: String(value.at) };
  });
  for (let i = 0; i < messages.length; i += 100)
    await producer.send({ topic: name, messages: messages.slice(i, i + 100) });
  await producer.disconnect();
}

interface Merged {
  /** By partition. */
  readonly ids: string[][];
  readonly sources: string[][];
}

/** Reads `count` records of the merged topic, as any consumer does. */
async function read(count: number): Promise<Merged> {
  const merged: Merged = {
    ids: Array.from({ length: TARGETS }, () => []),
    sources: Array.from({ length: TARGETS }, () => []),
  };
  const consumer = kafka.consumer({ groupId: uniqueName('reader'), readUncommitted: false });
  await consumer.connect();
  await consumer.subscribe({ topic: `${name}.repartitioned`, fromBeginning: true });
  let found = 0;
  const all = Promise.withResolvers<void>();
  await consumer.run({
    eachMessage: async ({ partition, message }) => {
      merged.ids[partition]?.push((JSON.parse(String(message.value)) as Event).id);
      merged.sources[partition]?.push(String(message.headers?.['millrace-source']));
      found += 1;
      if (found === count) all.resolve();
    },
  });
  await Promise.race([all.promise, sleep(60_000, undefined, { ref: false })]);
  await sleep(300); // one that is there twice
  await consumer.disconnect();
  return merged;
}

t.test(
  'killed while it reads, a source of four partitions is merged in the order of event time',
  async (t) => {
    await createSource();
    await produce(events);
    const data = join(folder, 'data');
    for (let life = 0; life < 2; life++) {
      const engine = await runEngine(['run', file], data, {
        ...settings,
        MILLRACE_SESSION_TIMEOUT_MS: '6000',
      });
      await sleep(random.nextInt(600));
      await engine.kill();
    }
    const ended = await millrace(['run', file, '--until-caught-up'], { ...settings, MILLRACE_DATA: data });
    t.equal(ended.code, 0, ended.stderr);
    const ends = await withAdmin((admin) => admin.fetchTopicOffsets(`${name}.repartitioned`));
    t.ok(
      ends.reduce((sum, { high }) => sum + Number(high), 0) > EVENTS,
      'everything is merged when the command ends',
    );
    const { ids, sources } = await read(EVENTS);
    t.strictSame(ids, oracle(events));
    const places = new Map<string, string>();
    for (const [partition, own] of Map.groupBy(events, (event) => event.partition))
      for (const [offset, { id }] of own.entries()) places.set(id, `${name}-${partition}-${offset}`);
    t.strictSame(
      sources,
      ids.map((found) => found.map((id) => places.get(id))),
      'with its place in the source',
    );
  },
);

/** An operator's tool moves a group that has no members, and leaves no metadata. */
async function movePosition(): Promise<void> {
  const topic = `${name}.repartitioned.unordered`;
  await withAdmin(async (admin) => {
    const [, last] = await admin.fetchTopicOffsets(topic);
    const partitions = [
      { partition: 0, offset: '0' },
      { partition: 1, offset: last?.high ?? '0' },
    ];
    for (let left = 100; ; left--) {
      try {
        return await admin.setOffsets({ groupId: `millrace.${name}.repartitioned.merge`, topic, partitions });
      } catch (error) {
        if (left === 0) throw error; // its member is dead, and not missed yet
        await sleep(300);
      }
    }
  });
}

t.test('a position that a tool has moved doubles and loses nothing', async (t) => {
  const data = join(folder, 'data');
  const engine = await runEngine(['run', file], data, { ...settings, MILLRACE_SESSION_TIMEOUT_MS: '2000' });
  await produce(more.slice(0, 200));
  await read(EVENTS + 100);
  await engine.kill();
  await movePosition();
  await produce(more.slice(200, 300));
  const ended = await millrace(['run', file, '--until-caught-up'], { ...settings, MILLRACE_DATA: data });
  t.equal(ended.code, 0, ended.stderr);
  const all = [...events, ...more.slice(0, 300)];
  const { ids } = await read(all.length);
  t.strictSame(ids, oracle(all));
});

const before = `${name}.repartitioned.unordered`;
const groupId = `millrace.${name}.repartitioned.merge`;

/** What the merge has committed, with its metadata. */
async function positions(): Promise<Array<{ partition: number; offset: string; metadata: string | null }>> {
  const [found] = await withAdmin((admin) => admin.fetchOffsets({ groupId, topics: [before] }));
  return (found?.partitions ?? []).toSorted((a, b) => a.partition - b.partition);
}

/** As the group answers when its coordinator has not loaded the newest commits. */
async function setBack(earlier: Awaited<ReturnType<typeof positions>>): Promise<void> {
  await withAdmin(async (admin) => {
    // Its member is dead, and not missed yet.
    while ((await admin.describeGroups([groupId])).groups[0]?.state !== 'Empty') await sleep(300);
  });
  const consumer = kafka.consumer({ groupId });
  await consumer.connect();
  await consumer.subscribe({ topic: before });
  const joined = Promise.withResolvers<void>();
  consumer.on(consumer.events.GROUP_JOIN, () => joined.resolve());
  await consumer.run({ autoCommit: false, eachMessage: async () => undefined });
  await joined.promise;
  await consumer.commitOffsets(earlier.map((each) => ({ topic: before, ...each })));
  await consumer.disconnect();
}

t.test('a position that is older than what is merged doubles and loses nothing', async (t) => {
  const data = join(folder, 'data');
  const run = ['run', file, '--until-caught-up'];
  const environment = { ...settings, MILLRACE_DATA: data };
  await produce(more.slice(300, 400));
  t.equal((await millrace(run, environment)).code, 0);
  const earlier = await positions();
  // Killed before it deletes what it has merged, as it does every ten seconds: a position before that is noticed by it.
  const engine = await runEngine(['run', file], data, { ...settings, MILLRACE_SESSION_TIMEOUT_MS: '2000' });
  await produce(more.slice(400, 450));
  const metadata = earlier.map((each) => each.metadata);
  while ((await positions()).some((each, i) => each.metadata === metadata[i])) await sleep(100);
  await engine.kill();
  await setBack(earlier);
  await produce(more.slice(450));
  const ended = await millrace(run, environment);
  t.equal(ended.code, 0, ended.stderr);
  t.match(ended.stderr, /is older than what it has merged|the merge was at offset/);
  const all = [...events, ...more];
  const { ids } = await read(all.length);
  t.strictSame(ids, oracle(all));
});
