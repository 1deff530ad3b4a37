// What the owner of a topic does while engines read it.
import type { Kind } from './kind.ts';
import { EventProducer, PLAIN_ROUTE, type Route } from './producer.ts';

/** Kafka's Java client waits for a partition that it does not know yet. */
const JAVA: Route = { client: 'java', codec: 'none', transaction: 'none' };

export const addedPartitions: Kind = {
  name: 'added partitions',
  tries: 'partitions that are added while the engine runs, or between two runs',
  async play(world, chance) {
    const producer = new EventProducer(world, chance);
    const { partitions, topic } = world.declaration;
    await producer.send(producer.plain(30), () => PLAIN_ROUTE);
    await world.start();
    await world.settle();
    const isBetween = chance.once(3);
    if (isBetween) await world.stop();
    const count = partitions + 1 + chance.below(2);
    await world.admin.createPartitions({ topicPartitions: [{ topic, count }] });
    world.log.push(`the source has ${count} partitions instead of ${partitions}`);
    if (isBetween) await world.start();
    producer.partitions = count;
    await producer.send(producer.plain(60), () => JAVA);
    await world.settle();
    await world.stop();
    await world.start();
    await producer.send(producer.plain(20), () => JAVA);
    await world.settle();
  },
};

export const retention: Kind = {
  name: 'retention',
  tries: 'a retention that passes what was committed during a stop',
  async play(world, chance) {
    const producer = new EventProducer(world, chance);
    await producer.send(producer.plain(50), () => PLAIN_ROUTE);
    await world.start();
    await world.settle();
    await world.stop();
    await producer.send(producer.plain(60), () => PLAIN_ROUTE);
    const reset = chance.pick(['earliest', 'latest'] as const);
    await world.loseBeginning(() => chance.share(), reset);
    await world.start({ environment: { MILLRACE_OFFSET_RESET: reset } });
    // Where it goes on from the end of the log, that end is found at its start.
    await world.settle();
    await producer.send(producer.plain(40), () => PLAIN_ROUTE);
    await world.settle();
  },
};

export const recreated: Kind = {
  name: 'recreated topic',
  tries: 'a source that is deleted and created again between two runs',
  async play(world, chance) {
    const producer = new EventProducer(world, chance);
    await producer.send(producer.plain(30 + chance.below(40)), () => PLAIN_ROUTE);
    await world.start();
    await world.settle();
    await world.recreateSource();
    const isBefore = chance.once(2);
    if (isBefore) await producer.send(producer.plain(20 + chance.below(60)), () => PLAIN_ROUTE);
    await world.start();
    await producer.send(producer.plain(20 + chance.below(60)), () => PLAIN_ROUTE);
    await world.settle();
  },
};
