// A stop of days by the clock of Redis, and a store that evicts keys.
import { stateKeys } from '../world-servers.ts';
import type { Chance } from '../random.ts';
import type { World } from '../world.ts';
import type { Kind } from './kind.ts';
import { EventProducer, PLAIN_ROUTE } from './producer.ts';

const DAY_MS = 86_400_000;

/** What a Redis whose clock has moved on by `ms` has dropped. */
async function expire(world: World, ms: number): Promise<void> {
  const { redis } = world.stage;
  const keys = await stateKeys(world);
  let dropped = 0;
  for (const key of keys) {
    const leftMs = await redis.pttl(key);
    if (leftMs >= 0 && leftMs <= ms) dropped += await redis.del(key);
    else if (leftMs > ms) await redis.pexpire(key, leftMs - ms);
  }
  world.log.push(`${ms / DAY_MS} days pass on Redis's clock: ${dropped} of ${keys.length} keys expire`);
}

/** What a Redis that is short of memory has evicted. */
async function evict(world: World, chance: Chance): Promise<void> {
  const keys = await stateKeys(world);
  const evicted = keys.filter(() => chance.once(3));
  if (evicted.length > 0) await world.stage.redis.del(...evicted);
  world.log.push(`Redis evicts ${evicted.length} of ${keys.length} keys`);
}

async function empty(world: World): Promise<void> {
  const keys = await stateKeys(world);
  if (keys.length > 0) await world.stage.redis.del(...keys);
  world.log.push(`Redis is empty: ${keys.length} keys are gone`);
}

async function play(
  world: World,
  chance: Chance,
  happens: (world: World, chance: Chance) => Promise<void>,
): Promise<void> {
  const producer = new EventProducer(world, chance);
  await producer.send(producer.plain(60 + chance.below(60)), () => PLAIN_ROUTE);
  await world.start();
  await world.settle();
  await world.stop();
  await happens(world, chance);
  await world.start();
  await producer.send(producer.plain(60 + chance.below(60)), () => PLAIN_ROUTE);
  await world.settle();
}

export const stopOfDays: Kind = {
  name: 'stop of days',
  tries: "a stop of days on Redis's clock",
  play: (world, chance) => play(world, chance, () => expire(world, DAY_MS * (1 + chance.below(12)))),
};

export const emptiedStore: Kind = {
  name: 'emptied store',
  tries: 'a Redis that lost everything',
  play: (world, chance) => play(world, chance, () => empty(world)),
};

export const evictingStore: Kind = {
  name: 'evicting store',
  tries: 'a Redis that evicted some keys',
  play: (world, chance) => play(world, chance, evict),
};
