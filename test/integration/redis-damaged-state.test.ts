// Whatever happens to the state in Redis while no process looks, the outputs are those of an undisturbed run, or the loss is
// reported and everything else stays.
import { Redis } from 'ioredis';
import t from 'tap';
import { redisStateStores } from '../../src/adapters/redis/state-stores.ts';
import type { FakeTelemetry } from '../../src/testing/index.ts';
import { codec, PARTITIONS, stream } from '../support/orders-stream.ts';
import { ordersTopology } from '../support/orders.ts';
import { Random } from '../../src/stats/random.ts';
import { jumpingClock, runTopology, type Left, type TopologyRun } from '../support/run-topology.ts';
import { redisUrl, uniqueName } from '../support/services.ts';

t.setTimeout(120_000);
const url = redisUrl();
const redis = new Redis(url);
t.teardown(() => redis.disconnect());

const records = stream(11, 260);

/** What another program does to the keys of a partition. */
type Harm = (prefix: string) => Promise<void>;

async function stateKeys(prefix: string): Promise<string[]> {
  const keys = await redis.keys(`${prefix}k:*`);
  if (keys.length === 0) throw new Error('there is no state to damage');
  return keys.sort();
}

async function userKeys(prefix: string): Promise<string[]> {
  return (await stateKeys(prefix)).filter((key) => key.includes(':features:'));
}

const eachKey =
  (change: (key: string, others: readonly string[]) => Promise<unknown>): Harm =>
  async (prefix) => {
    const keys = await stateKeys(prefix);
    for (const key of keys) await change(key, keys);
  };

const withState = (change: (state: Buffer) => Buffer): Harm =>
  eachKey(async (key) => {
    const state = await redis.hgetBuffer(key, 's');
    if (state !== null) await redis.hset(key, 's', change(state));
  });

const setMeta =
  (field: string, value: string): Harm =>
  async (prefix) =>
    void (await redis.hset(`${prefix}meta`, field, value));

const harms: Readonly<Record<string, Harm>> = {
  'every key expired': eachKey((key) => redis.pexpire(key, 0)),
  // Of a user, who comes again: a lost key is noticed when it is read, and an id of the past never is.
  'one key deleted': async (prefix) => void (await redis.del((await userKeys(prefix))[0] as string)),
  'all keys deleted': eachKey((key) => redis.del(key)),
  'values cut': withState((state) => state.subarray(0, state.length - 3)),
  'values emptied': withState(() => Buffer.alloc(0)),
  'a bit flipped': withState((state) => {
    const at = state.length >> 1;
    state[at] = (state[at] as number) ^ 4;
    return state;
  }),
  'the values of other keys': eachKey(async (key, others) => {
    const other = others[(others.indexOf(key) + 1) % others.length] as string;
    await redis.copy(other, key, 'REPLACE');
  }),
  'strings instead': eachKey((key) => redis.set(key, 'x')),
  'text instead': withState(() => Buffer.from('not ours')),
  'meta deleted': async (prefix) => void (await redis.del(`${prefix}meta`)),
  'meta a list': async (prefix) => {
    await redis.del(`${prefix}meta`);
    await redis.rpush(`${prefix}meta`, 'x');
  },
  'the index deleted': async (prefix) => void (await redis.del(`${prefix}index`)),
  'the index a string': async (prefix) => void (await redis.set(`${prefix}index`, 'x')),
  'a key less in the index': async (prefix) => void (await redis.zpopmin(`${prefix}index`)),
  'an offset that is no number': setMeta('offset', 'abc'),
  'a negative offset': setMeta('offset', '-5'),
  'an offset far ahead': setMeta('offset', '9000000000000000'),
  'a watermark of 9e15': setMeta('watermark', '9e15'),
  'a watermark NaN': setMeta('watermark', 'NaN'),
  'an unknown model': setMeta('model', 'no-such-model'),
  'another layout': setMeta('layout', '99'),
  'a stage cut': async (prefix) => {
    const counts = await redis.hgetBuffer(`${prefix}meta`, 'stage:labels');
    if (counts !== null) await redis.hset(`${prefix}meta`, 'stage:labels', counts.subarray(0, 12));
  },
  'a stage gone': async (prefix) => void (await redis.hdel(`${prefix}meta`, 'stage:labels')),
};

const telemetries = (into: FakeTelemetry[]) => (one: FakeTelemetry) => void into.push(one);

async function run(harm: Harm | null, more: Partial<TopologyRun> = {}): Promise<Left> {
  const stores = redisStateStores({ url });
  const name = uniqueName('damage');
  const topology = { ...ordersTopology({ partitions: PARTITIONS }), name };
  const prefixOf = (partition: number): string => `mr:{${name}:orders:${partition}}:`;
  const between = async (nth: number): Promise<void> => {
    if (harm === null || nth !== 0) return;
    for (let partition = 0; partition < PARTITIONS; partition++) await harm(prefixOf(partition));
  };
  const random = new Random(7);
  const settle = jumpingClock(() => random.nextDouble());
  try {
    const lives = [{ instant: 'reply', nth: 12 }] as const;
    return await runTopology({
      topology,
      codec,
      stores,
      records,
      seed: 5,
      lives,
      between,
      hotKeysMax: 2,
      ...more,
    });
  } finally {
    settle();
    await stores.close();
    const keys = await redis.keys(`mr:{${name}:*`);
    if (keys.length > 0) await redis.del(...keys);
  }
}

const calm = await run(null, { lives: [] });
const plain = (left: Left): unknown => JSON.parse(JSON.stringify({ ...left, deaths: 0 }));

for (const [name, harm] of Object.entries(harms)) {
  t.test(`${name}: the outputs are those of an undisturbed run`, async (t) => {
    const seen: FakeTelemetry[] = [];
    const left = await run(harm, { onTelemetry: telemetries(seen) });
    t.equal(left.deaths, 1);
    t.ok(calm.predictions.length > 50, 'there is something to lose');
    t.strictSame(plain(left), plain(calm));
    const rebuilds = seen.reduce((sum, { counts }) => sum + (counts.get('state_rebuilds_total') ?? 0), 0);
    t.ok(rebuilds > 0, 'it is rebuilt');
    t.ok(rebuilds <= 2 * PARTITIONS, `and not again and again: ${rebuilds}`);
  });
}

t.test('where the log no longer has the events, a lost key starts empty and the others stay', async (t) => {
  const harm: Harm = async (prefix) => {
    await redis.del((await userKeys(prefix))[0] as string);
  };
  const seen: FakeTelemetry[] = [];
  const left = await run(harm, {
    rebuildWholeRowsMax: 0,
    // On a busy machine the state in the store is some epochs behind: what it lacks must be there.
    truncate: (committed) => Math.max(0, committed - 20),
    onTelemetry: telemetries(seen),
  });
  const total = (name: string): number => seen.reduce((sum, { counts }) => sum + (counts.get(name) ?? 0), 0);
  t.equal(total('state_keys_lost_total'), PARTITIONS, 'that key alone, once');
  t.equal(total('state_rebuilds_total'), 0);
  t.same(
    left.predictions.map(({ id }) => id).sort(),
    calm.predictions.map(({ id }) => id).sort(),
    'every prediction, once',
  );
  // Not the rows of the history: those of the last epoch before the death are derived from events that may be gone.
  t.same(
    left.observed.map(({ id }) => id),
    calm.observed.map(({ id }) => id),
    'labels join as before',
  );
  t.strictSame(left.deadLetters, calm.deadLetters);
});
