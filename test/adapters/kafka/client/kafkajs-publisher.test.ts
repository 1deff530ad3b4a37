// A producer that does not answer is replaced by a fresh one, and disconnected once no send uses it.
import type { Kafka, Producer } from 'kafkajs';
import t from 'tap';
import { TopicLimits } from '../../../../src/adapters/kafka/topic-limits.ts';
import { KafkajsPublisher } from '../../../../src/adapters/kafka/client/kafkajs-publisher.ts';

const RECORDS = [{ key: null, value: Buffer.from('a'), timestampMs: 0 }];

interface Fake {
  readonly topics: string[];
  disconnected: number;
}

/** @param send what the nth producer does, from 0 on */
function kafkaOf(send: (nth: number, topic: string) => Promise<void>): { kafka: Kafka; made: Fake[] } {
  const made: Fake[] = [];
  const producer = (): Producer => {
    const nth = made.length;
    const fake: Fake = { topics: [], disconnected: 0 };
    made.push(fake);
    const part: Partial<Producer> = {
      connect: async () => {},
      disconnect: async () => {
        fake.disconnected += 1;
      },
      send: async ({ topic }) => {
        fake.topics.push(topic);
        await send(nth, topic);
        return [];
      },
    };
    return part as Producer; // the rest is never called
  };
  const kafka: Partial<Kafka> = { producer };
  return { kafka: kafka as Kafka, made };
}

function errorNamed(name: string): Error {
  return Object.assign(new Error('no'), { name });
}

t.test('no answer: the next publish has a fresh producer, those under way keep theirs', async (t) => {
  const slow = Promise.withResolvers<void>();
  const { kafka, made } = kafkaOf(async (nth, topic) => {
    if (topic === 'slow') await slow.promise;
    else if (nth === 0) throw errorNamed('KafkaJSRequestTimeoutError');
  });
  const publisher = new KafkajsPublisher(kafka);
  const underWay = publisher.publish('slow', RECORDS, 1, new TopicLimits());
  await t.rejects(publisher.publish('orders', RECORDS, 1, new TopicLimits()), {
    name: 'KafkaError',
    fault: 'unavailable',
  });
  t.equal(made[0]?.disconnected, 0, 'it is still in use');
  await publisher.publish('orders', RECORDS, 1, new TopicLimits());
  t.strictSame(made[1]?.topics, ['orders']);
  slow.resolve();
  await underWay;
  t.equal(made[0]?.disconnected, 1);
  await publisher.close();
  t.equal(made[1]?.disconnected, 1);
});

t.test('a refusal leaves the producer in use', async (t) => {
  const { kafka, made } = kafkaOf(async () => {
    throw errorNamed('KafkaJSNonRetriableError');
  });
  const publisher = new KafkajsPublisher(kafka);
  await t.rejects(publisher.publish('orders', RECORDS, 1, new TopicLimits()), {
    name: 'KafkaError',
    fault: 'refused',
  });
  await t.rejects(publisher.publish('orders', RECORDS, 1, new TopicLimits()));
  t.equal(made.length, 1);
  await publisher.close();
});
