// `millrace run` as a process, killed at some moment and started again, its clock wrong by hours.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Kind } from './kind.ts';
import { EventProducer, PLAIN_ROUTE } from './producer.ts';

const HOUR_MS = 3_600_000;

export const killed: Kind = {
  name: 'killed',
  tries: 'a process that is killed, and whose clock is wrong',
  async play(world, chance) {
    const producer = new EventProducer(world, chance);
    const send = (): Promise<void> => producer.send(producer.plain(30 + chance.below(60)), () => PLAIN_ROUTE);
    await send();
    await world.start({ asProcess: true, clockMs: chance.pick([0, 2, -2]) * HOUR_MS });
    await send();
    await sleep(chance.below(600));
    await world.kill();
    await send();
    await world.start({ asProcess: true, clockMs: chance.pick([0, 2, -2, 26]) * HOUR_MS });
    await world.settle();
  },
};
