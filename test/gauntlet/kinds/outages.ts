// A registry that is away, answers with errors or with bytes that are no answer, while schemas of new producers appear.
import { setTimeout as sleep } from 'node:timers/promises';
import type { AvroObject } from '../avro-schema.ts';
import type { WorldRecord } from '../clients/client.ts';
import type { Outage } from '../registry.ts';
import type { Kind } from './kind.ts';
import { EventProducer, PLAIN_ROUTE } from './producer.ts';

/** Another schema of the same events. */
function renamed(schema: AvroObject, nth: number): AvroObject {
  return { ...schema, fields: [...(schema.fields ?? []), { name: `extra${nth}`, type: 'int' }] };
}

export const registryOutages: Kind = {
  name: 'registry outages',
  tries: 'a registry that fails while new schemas appear',
  async play(world, chance) {
    const producer = new EventProducer(world, chance);
    const { reader } = world.declaration;
    await producer.send(producer.plain(20), () => PLAIN_ROUTE);
    await world.start();
    for (let nth = 1 + chance.below(3); nth > 0; nth--) {
      const schema = renamed(reader, nth);
      const id = world.register(schema);
      world.registry.outage = chance.pick<Outage>(['refused', 'error', 'garbage']);
      world.log.push(`the registry: ${world.registry.outage}`);
      const records = Array.from({ length: 10 + chance.below(20) }, (): WorldRecord => {
        const event = producer.stream.next();
        return producer.record(event, id, schema, { ...event, at: event.timeMs, [`extra${nth}`]: nth });
      });
      await producer.send([...records, ...producer.plain(5)], () => PLAIN_ROUTE);
      await sleep(200 + chance.below(1_500));
      world.registry.outage = 'none';
      world.log.push('the registry is back');
    }
    await world.settle();
  },
};
