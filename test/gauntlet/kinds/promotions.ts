// Models of every signature, promoted over partitions that may be idle: those that can score take over at once and
// everywhere, the others are refused and change nothing.
import { badShapes, goodShapes, type ModelSpec } from '../model.ts';
import type { Kind } from './kind.ts';
import { EventProducer, PLAIN_ROUTE } from './producer.ts';

export const promotions: Kind = {
  name: 'promotions',
  tries: 'models of any signature, promoted while partitions are idle',
  async play(world, chance) {
    const producer = new EventProducer(world, chance);
    await producer.send(producer.plain(chance.below(30)), () => PLAIN_ROUTE);
    await world.start();
    await world.settle();
    for (let nth = 2; nth < 5; nth++) {
      const isGood = !chance.once(3);
      const spec: ModelSpec = {
        version: `v${nth}`,
        factor: chance.pick([1, -1, 0.5, -2]),
        gain: isGood ? chance.pick([1, 1, 3, Number.NaN]) : 1,
        shape: isGood ? chance.pick(goodShapes) : chance.pick(badShapes),
      };
      await world.promote(spec, isGood);
      await producer.send(producer.plain(chance.below(25)), () => PLAIN_ROUTE);
      await world.settle();
      if (!chance.once(3)) continue;
      await world.stop();
      await world.start();
    }
  },
};
