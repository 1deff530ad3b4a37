// The documented layout of state: the vectors are current, and a reader in Python, written from the specification with the
// standard library alone, gets the same features from them and from a live Redis.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import t from 'tap';
import { redisStateStores } from '../../src/adapters/redis/state-stores.ts';
import { partitionPrefix } from '../../src/adapters/redis/state-store.ts';
import { addCompleteFrom } from '../../src/core/complete-state.ts';
import { emptyDelta } from '../../src/core/state-delta.ts';
import { ensureCommand } from '../../tools/services/install.ts';
import { redisUrl, uniqueName } from '../support/services.ts';
import {
  cases,
  deltaOf,
  fileOf,
  PREFIX,
  textOf,
  vectorOf,
  type StateCase,
  type StateVector,
} from '../vectors/state-layout.ts';

const python = ensureCommand('python3', 'python3', 'the reader of the documentation');
const READER = join(import.meta.dirname, '../../docs/reference/read_state.py');

function read(...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(python, [READER, ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

t.test('the vectors are what the engine writes, and the reader decodes them', async (t) => {
  for (const one of cases)
    t.same(JSON.parse(readFileSync(fileOf(one), 'utf8')), await vectorOf(one), `${one.name}: run the script`);
  t.match(
    read('vectors', ...cases.map((one) => fileOf(one))),
    /two-windows\.json: 5 instants[^]*variance\.json: 5/,
  );
});

t.test('the reader computes features from a live Redis', async (t) => {
  const url = new URL(redisUrl());
  const stores = redisStateStores({ url: url.href });
  t.teardown(() => stores.close());
  for (const one of cases) {
    const topology = uniqueName('layout');
    const partition = { topic: 'payments', partition: 0 };
    const { delta, watermarkMs } = await deltaOf(one);
    const store = stores.open(topology, partition);
    await store.restore(1);
    await store.commit({ epoch: 1, offsetNext: 6, watermarkMs, modelVersion: 'none' }, delta);
    const vector: StateVector = { ...(await vectorOf(one)), prefix: partitionPrefix(topology, partition) };
    t.not(vector.prefix, PREFIX);
    const file = join(t.testdir({}), 'vector.json');
    writeFileSync(file, textOf(vector));
    const ask = (asOfMs: number): unknown =>
      JSON.parse(read('redis', url.hostname, url.port, file, String(asOfMs)));
    for (const { asOfMs, values } of vector.reads.slice(0, 2))
      t.same(ask(asOfMs), { status: 'present', values }, one.name);
  }
});

t.test('the reader knows what is lost, rebuilt, deleted or of another declaration', async (t) => {
  const [one] = cases;
  const { delta, watermarkMs } = await deltaOf(one as StateCase);
  const topology = uniqueName('layout');
  const prefix = partitionPrefix(topology, { topic: 'payments', partition: 0 });
  const vector: StateVector = { ...(await vectorOf(one as StateCase)), prefix };
  const url = new URL(redisUrl());
  const stores = redisStateStores({ url: url.href });
  t.teardown(() => stores.close());
  const store = stores.open(topology, { topic: 'payments', partition: 0 });
  const file = join(t.testdir({}), 'vector.json');
  const statusOf = (given: StateVector = vector): unknown => {
    writeFileSync(file, textOf(given));
    const { status } = JSON.parse(
      read('redis', url.hostname, url.port, file, String(vector.reads[0]?.asOfMs)),
    ) as { status: string };
    return status;
  };
  t.equal(statusOf(), 'not_found', 'before the first checkpoint');
  await store.restore(1);
  const at = { epoch: 1, watermarkMs, modelVersion: 'none' };
  addCompleteFrom(delta.stages, 7);
  await store.commit({ ...at, offsetNext: 6 }, delta);
  t.equal(statusOf(), 'rebuilding');
  await store.commit({ ...at, offsetNext: 7 }, emptyDelta());
  t.equal(statusOf(), 'present');
  t.equal(statusOf({ ...vector, fingerprint: vector.fingerprint + 1 }), 'not_found');
  t.equal(statusOf({ ...vector, key: `${vector.key}2` }), 'not_found');
  const redis = new Redis(url.href);
  t.teardown(() => redis.disconnect());
  const key = `${prefix}k:${vector.key}`;
  const whole = await redis.hgetallBuffer(key);
  await redis.del(key);
  t.equal(statusOf(), 'rebuilding', 'another program has deleted it');
  await redis.hset(key, whole);
  t.equal(statusOf(), 'present');
  await redis.zrem(`${prefix}index`, vector.key);
  t.equal(statusOf(), 'not_found', 'what is not in the index was deleted');
});
