// Partitions that are added to the source of a running engine, and a restart over them.
import { join } from 'node:path';
import t from 'tap';
import { millrace } from '../support/cli.ts';
import { untilPredicted } from '../support/counted-predictions.ts';
import { withAdmin } from '../support/kafka-admin.ts';
import { type RunningEngine, runEngine } from '../support/running-engine.ts';
import { scoredTopology } from '../support/scored-topology.ts';
import { kafkaBrokers } from '../support/services.ts';

t.setTimeout(180_000);

const brokers = kafkaBrokers().split(',');
const topology = scoredTopology('growing', 'partitions: 2,');
const data = join(topology.folder, 'data');
const settings = { MILLRACE_KAFKA_BROKERS: kafkaBrokers(), MILLRACE_DATA: data, MILLRACE_PORT: '0' };
t.teardown(() => topology.remove());

async function produce(from: number, to: number): Promise<void> {
  const ended = await millrace(
    ['produce', topology.file, '--events', topology.eventsFile(from, to)],
    settings,
  );
  if (ended.code !== 0) throw new Error(ended.stderr);
}

/** The text of the readiness check's answer. */
async function conditionsOf({ url }: RunningEngine): Promise<string> {
  return (await fetch(`${url}readyz`)).text();
}

t.test('partitions that are added while the engine runs are read, and reported', async (t) => {
  await produce(0, 100);
  const engine = await runEngine(['run', topology.file], data, settings);
  try {
    t.equal((await untilPredicted(brokers, topology.name, 100)).length, 2);
    t.notMatch(await conditionsOf(engine), /partitions_added/);
    const topicPartitions = [{ topic: topology.name, count: 5 }];
    await withAdmin((admin) => admin.createPartitions({ topicPartitions }));
    const addedMs = performance.now();
    await produce(100, 300);
    const counts = await untilPredicted(brokers, topology.name, 300);
    t.comment(`all predicted ${Math.round(performance.now() - addedMs)} ms after the partitions were added`);
    t.equal(counts.length, 5, 'the topics that the engine writes have grown as well');
    t.ok(
      counts.slice(2).some((count) => count > 0),
      counts.join(', '),
    );
    t.match(await conditionsOf(engine), /partitions_added.*5 partitions and the topology declares 2/);
    const metrics = await (await fetch(`${engine.url}metrics`)).text();
    t.match(
      metrics,
      new RegExp(`millrace_condition\\{condition="partitions_added",where="${topology.name}"\\} 1`),
    );
  } finally {
    t.equal(await engine.stop(), 0);
  }
});

t.test('a restart goes on over all of them; declaring the new count clears the condition', async (t) => {
  await produce(300, 400);
  const restarted = await runEngine(['run', topology.file], data, settings);
  await untilPredicted(brokers, topology.name, 400);
  t.match(await conditionsOf(restarted), /partitions_added/);
  t.equal(await restarted.stop(), 0);
  topology.rewrite('partitions: 5,');
  await produce(400, 500);
  const accepted = await runEngine(['run', topology.file], data, settings);
  t.equal(
    (await untilPredicted(brokers, topology.name, 500)).reduce((sum, count) => sum + count, 0),
    500,
    'none twice',
  );
  t.notMatch(await conditionsOf(accepted), /partitions_added/);
  t.equal(await accepted.stop(), 0);
});

t.test('a declaration that has never fitted is refused', async (t) => {
  const other = scoredTopology('misdeclared', 'partitions: 3,');
  t.teardown(() => other.remove());
  const produced = await millrace(['produce', other.file, '--events', other.eventsFile(0, 5)], settings);
  t.equal(produced.code, 0, produced.stderr);
  for (const [declared, remedy] of [
    [2, /Set partitions: 3/],
    [4, /has 3 partitions, not 4/],
  ] as const) {
    other.rewrite(`partitions: ${declared},`);
    const ended = await millrace(['run', other.file, '--until-caught-up'], settings);
    t.equal(ended.code, 1);
    t.match(ended.stderr, remedy);
  }
});
