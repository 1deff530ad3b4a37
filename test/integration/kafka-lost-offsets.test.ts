// A log that no longer has what was committed: events that retention deleted before they were read, and a topic that was
// deleted and created again, at a start and while the engine runs.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { millrace } from '../support/cli.ts';
import { countPredictions, untilPredicted } from '../support/counted-predictions.ts';
import { withAdmin } from '../support/kafka-admin.ts';
import { runEngine } from '../support/running-engine.ts';
import { scoredTopology, type ScoredTopology } from '../support/scored-topology.ts';
import { kafkaBrokers } from '../support/services.ts';

t.setTimeout(240_000);

const brokers = kafkaBrokers().split(',');

interface World extends ScoredTopology {
  readonly settings: Readonly<Record<string, string>>;
  readonly produce: (from: number, to: number) => Promise<void>;
  /** Runs until everything is processed. Returns the exit code and what was logged. */
  readonly run: (
    more?: Readonly<Record<string, string>>,
  ) => Promise<{ readonly code: number | null; readonly stderr: string }>;
  readonly predicted: () => Promise<number>;
}

function world(prefix: string): World {
  const topology = scoredTopology(prefix, 'partitions: 1,');
  t.teardown(() => topology.remove());
  const settings = {
    MILLRACE_KAFKA_BROKERS: kafkaBrokers(),
    MILLRACE_DATA: join(topology.folder, 'data'),
    MILLRACE_PORT: '0',
  };
  return {
    ...topology,
    settings,
    produce: async (from, to) => {
      const events = topology.eventsFile(from, to);
      const ended = await millrace(['produce', topology.file, '--events', events], settings);
      if (ended.code !== 0) throw new Error(ended.stderr);
    },
    run: (more = {}) => millrace(['run', topology.file, '--until-caught-up'], { ...settings, ...more }),
    predicted: async () =>
      (await countPredictions(brokers, topology.name)).reduce((sum, count) => sum + count, 0),
  };
}

function deleteBefore(topic: string, offset: number): Promise<void> {
  const partitions = [{ partition: 0, offset: String(offset) }];
  return withAdmin(async (admin) => {
    await admin.fetchTopicOffsets(topic); // it needs the topic's metadata
    await admin.deleteTopicRecords({ topic, partitions });
  });
}

async function deleteTopic(topic: string): Promise<void> {
  await withAdmin(async (admin) => {
    await admin.deleteTopics({ topics: [topic] });
    while ((await admin.listTopics()).includes(topic)) await sleep(20);
  });
}

t.test('events that were deleted before they were read', async (t) => {
  const { name, produce, run, predicted } = world('retained');
  await produce(0, 100);
  t.equal((await run()).code, 0);
  await produce(100, 200);
  await deleteBefore(name, 150);
  const refused = await run({ MILLRACE_OFFSET_RESET: 'fail' });
  t.equal(refused.code, 1);
  t.match(refused.stderr, /OFFSET_LOST: .*from offset 100 to 150 were deleted.*MILLRACE_OFFSET_RESET/s);
  const ran = await run();
  t.equal(ran.code, 0, ran.stderr);
  t.match(ran.stderr, /from offset 100 to 150 were deleted before they were read: 50 are skipped/);
  t.equal(await predicted(), 150);
  await produce(200, 230);
  await deleteBefore(name, 210);
  const latest = await run({ MILLRACE_OFFSET_RESET: 'latest' });
  t.match(latest.stderr, /from offset 200 to 210 .*: 30 are skipped/);
  t.equal(await predicted(), 150, 'the rest is skipped as well');
});

t.test('a topic that was deleted and created again, between two runs', async (t) => {
  const { name, produce, run, predicted } = world('recreated');
  await produce(0, 100);
  t.equal((await run()).code, 0);
  await deleteTopic(name);
  await produce(0, 60);
  const ran = await run();
  t.equal(ran.code, 0, ran.stderr);
  t.match(ran.stderr, /the topic is another one than before/);
  t.equal(await predicted(), 160, 'each event of the new topic, although its offset was predicted before');
  await produce(60, 80);
  const next = await run();
  t.equal(next.code, 0, next.stderr);
  t.notMatch(next.stderr, /another one/);
  t.equal(await predicted(), 180);
});

t.test('a topic that was created again twice, and had no event the first time', async (t) => {
  const { name, file, folder, settings, produce, run, predicted } = world('recreated-twice');
  await produce(0, 40);
  t.equal((await run()).code, 0);
  await deleteTopic(name);
  await withAdmin((admin) => admin.createTopics({ topics: [{ topic: name, numPartitions: 1 }] }));
  const engine = await runEngine(['run', file], join(folder, 'data'), settings);
  for (;;) {
    if ((await (await fetch(`${engine.url}readyz`)).text()).includes('topic_recreated')) break;
    await sleep(200);
  }
  t.equal(await engine.stop(), 0);
  await deleteTopic(name);
  await produce(0, 60);
  const ran = await run({ MILLRACE_STUCK_MS: '15000' });
  t.equal(ran.code, 0, ran.stderr);
  t.equal(await predicted(), 100, 'the broker has forgotten the group offset of the topic without events');
});

t.test(
  'a topic that is deleted and created again, with more events than before, while the engine runs',
  async (t) => {
    const { name, file, folder, settings, produce } = world('replaced');
    await produce(0, 100);
    const engine = await runEngine(['run', file], join(folder, 'data'), settings);
    try {
      await untilPredicted(brokers, name, 100);
      await deleteTopic(name);
      await produce(0, 300);
      await untilPredicted(brokers, name, 400);
      const { url } = engine;
      t.match(await (await fetch(`${url}readyz`)).text(), /topic_recreated/);
      await deleteBefore(name, 300);
      await produce(300, 350);
      t.same(await untilPredicted(brokers, name, 450), [450]);
    } finally {
      t.equal(await engine.stop(), 0);
    }
  },
);
