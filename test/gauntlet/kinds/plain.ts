// Ordinary events, and engines that are stopped and started again.
import type { Kind } from './kind.ts';
import { EventProducer, PLAIN_ROUTE } from './producer.ts';

export const plain: Kind = {
  name: 'plain',
  tries: 'ordinary events, orderly restarts',
  async play(world, chance) {
    const producer = new EventProducer(world, chance);
    for (let lives = 1 + chance.below(2); lives > 0; lives--) {
      await producer.send(producer.plain(20 + chance.below(60)), () => PLAIN_ROUTE);
      await world.start();
      await producer.send(producer.plain(20 + chance.below(60)), () => PLAIN_ROUTE);
      await world.settle();
      await world.stop();
    }
  },
};
