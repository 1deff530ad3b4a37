// Amounts that are not finite, or as large as a double can be.
import type { Kind } from './kind.ts';
import { EventProducer, PLAIN_ROUTE } from './producer.ts';

export const infinities: Kind = {
  name: 'infinities',
  tries: 'infinite, NaN and enormous values of a feature',
  declare: (declaration) => ({ ...declaration, amountMax: Number.MAX_VALUE, amountOtherwise: 'null' }),
  async play(world, chance) {
    const producer = new EventProducer(world, chance);
    const { reader } = world.declaration;
    const id = world.register(reader);
    const strange = [Infinity, -Infinity, NaN, 1e308, -1e308, 5e-324, -0];
    const records = Array.from({ length: 80 + chance.below(60) }, () => {
      const event = producer.stream.next();
      const amount =
        event.amount === null ? null : chance.once(4) ? chance.pick(strange) : event.amount % 256;
      return producer.record(event, id, reader, { ...event, amount, at: event.timeMs });
    });
    await producer.send(records.slice(0, 50), () => PLAIN_ROUTE);
    await world.start();
    await world.settle();
    await world.stop();
    await world.start();
    await producer.send(records.slice(50), () => PLAIN_ROUTE);
    await world.settle();
  },
};
