// State that is truncated, has flipped bits or is another program's.
import { stateKeys } from '../world-servers.ts';
import type { Chance } from '../random.ts';
import type { World } from '../world.ts';
import type { Kind } from './kind.ts';
import { EventProducer, PLAIN_ROUTE } from './producer.ts';

function damaged(bytes: Buffer, chance: Chance): Buffer {
  const copy = Buffer.from(bytes);
  switch (chance.below(5)) {
    case 0:
      return copy.subarray(0, chance.below(copy.length + 1));
    case 1:
      return Buffer.concat([copy, Buffer.from([chance.below(256)])]);
    case 2:
      return Buffer.from('foreign');
    case 3:
      return Buffer.alloc(0);
    default:
      if (copy.length > 0) {
        const at = chance.below(copy.length);
        copy[at] = (copy[at] as number) ^ (1 << chance.below(8));
      }
      return copy;
  }
}

async function corrupt(world: World, chance: Chance): Promise<void> {
  const { redis } = world.stage;
  const keys = await stateKeys(world);
  let count = 0;
  for (const key of keys.sort((a, b) => (a < b ? -1 : 1))) {
    if (!chance.once(2)) continue;
    if ((await redis.type(key)) !== 'hash') continue;
    const fields = Object.entries(await redis.hgetallBuffer(key)).sort(([a], [b]) => (a < b ? -1 : 1));
    for (const [field, value] of fields) {
      if (!chance.once(3) || field === 'generation') continue;
      await redis.hset(key, field, damaged(value, chance));
      world.log.push(`${key} ${field} is damaged`);
      count += 1;
    }
  }
  world.log.push(`${count} values are damaged`);
}

export const corruptState: Kind = {
  name: 'corrupt state',
  tries: 'state that is truncated, flipped or foreign',
  async play(world, chance) {
    const producer = new EventProducer(world, chance);
    await producer.send(producer.plain(60 + chance.below(60)), () => PLAIN_ROUTE);
    await world.start();
    await world.settle();
    await world.stop();
    await corrupt(world, chance);
    await world.start();
    await producer.send(producer.plain(60 + chance.below(60)), () => PLAIN_ROUTE);
    await world.settle();
  },
};
