// Every client with every codec that it writes, plain and in transactions, some of them aborted.
import { codecs, type ClientName } from '../clients/client.ts';
import type { Chance } from '../random.ts';
import type { Kind } from './kind.ts';
import { EventProducer, type Route } from './producer.ts';

export function anyRoute(chance: Chance): Route {
  const client = chance.pick<ClientName>(['kafkajs', 'java', 'java', 'python', 'python']);
  return {
    client,
    codec: client === 'kafkajs' ? chance.pick(['none', 'gzip']) : chance.pick(codecs),
    transaction: chance.pick(['none', 'none', 'commit', 'abort']),
  };
}

export const clients: Kind = {
  name: 'clients',
  tries: 'kafkajs, Java and librdkafka, every codec, transactions and aborts',
  async play(world, chance) {
    const producer = new EventProducer(world, chance);
    const route = (): Route => anyRoute(chance);
    await producer.send(producer.plain(60 + chance.below(60)), route);
    await world.start();
    await producer.send(producer.plain(60 + chance.below(60)), route);
    await world.settle();
  },
};
