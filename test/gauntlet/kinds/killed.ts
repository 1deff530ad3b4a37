// `millrace run` as a process, killed at some moment and started again, its clock wrong by hours.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Chance } from '../random.ts';
import type { World } from '../world.ts';
import type { Kind } from './kind.ts';
import { EventProducer, PLAIN_ROUTE } from './producer.ts';

const HOUR_MS = 3_600_000;

/** Kills a process at some moment and starts another; clocks are ahead by the given hours. */
async function play(world: World, chance: Chance, hoursAhead: readonly number[]): Promise<void> {
  const producer = new EventProducer(world, chance);
  const send = (): Promise<void> => producer.send(producer.plain(30 + chance.below(60)), () => PLAIN_ROUTE);
  const start = (): Promise<void> =>
    world.start({ asProcess: true, clockMs: chance.pick(hoursAhead) * HOUR_MS });
  await send();
  await start();
  await send();
  await sleep(chance.below(600));
  await world.kill();
  await send();
  await start();
  await world.settle();
}

export const killed: Kind = {
  name: 'killed',
  tries: 'a process that is killed and started again',
  play: (world, chance) => play(world, chance, [0]),
};

export const wrongClock: Kind = {
  name: 'wrong clock',
  tries: 'processes whose clocks are hours ahead or behind, killed',
  play: (world, chance) => play(world, chance, [2, -2, 26]),
};
