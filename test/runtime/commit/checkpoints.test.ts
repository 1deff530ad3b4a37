// State that is written after the commit in the log: reads in between, and writes that must not happen after closing.
import t from 'tap';
import { MillraceError, type ErrorCode } from '../../../src/core/errors.ts';
import { emptyDelta, type StateDelta } from '../../../src/core/state-delta.ts';
import { Checkpoints } from '../../../src/runtime/commit/checkpoints.ts';
import { StateDamage } from '../../../src/runtime/recovery/state-damage.ts';
import { FakeTelemetry, MemoryStateStores } from '../../../src/testing/index.ts';

const CHECK_MS = 20;
const partition = { topic: 'orders', partition: 0 };
const at = (offsetNext: number) => ({ epoch: offsetNext, offsetNext, watermarkMs: 0, modelVersion: 'v1' });
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

function put(key: string, value: number): StateDelta {
  return { ...emptyDelta(), puts: [{ key, state: bytes(value), served: null, eventTimeMs: 0, ttlMs: null }] };
}

function append(key: string, value: number): StateDelta {
  return { ...emptyDelta(), appends: [{ key, bytes: bytes(value), eventTimeMs: 0, ttlMs: null }] };
}

/** Writes checkpoints in the background, with a sink whose flush resolves when `release` is called. */
async function open(intervalMs: number, check: () => Promise<void> = async () => undefined) {
  const stores = new MemoryStateStores();
  const store = Object.assign(stores.open('orders', partition), { check });
  await store.restore(1);
  let flush = Promise.withResolvers<void>();
  const failures: Error[] = [];
  const checkpoints = new Checkpoints({
    store,
    damage: new StateDamage('orders', 'orders-0', new FakeTelemetry()),
    flushSinks: () => flush.promise,
    intervalMs,
    checkMs: CHECK_MS,
    failed: (error) => void failures.push(error),
  });
  const release = (): void => {
    flush.resolve();
    flush = Promise.withResolvers();
  };
  const read = async (...keys: string[]): Promise<Array<number[] | null>> =>
    (await checkpoints.get(keys)).map((value) => (value === null ? null : [...value]));
  return { stores, checkpoints, release, read, failures };
}

t.test(
  'an unavailable sink does not delay reads, and each append counts once at every instant',
  async (t) => {
    const { checkpoints, release, read, failures } = await open(1);
    await new Promise((resolve) => setTimeout(resolve, 5));
    checkpoints.stage(append('list', 1));
    await checkpoints.add(at(1)); // waits for the sink, which does not answer
    checkpoints.stage(append('list', 2));
    await checkpoints.add(at(2));
    checkpoints.stage(put('one', 7));
    await checkpoints.add(at(2));
    t.same(await read('list', 'one', 'none'), [[1, 2], [7], null]);
    checkpoints.stage(put('two', 9));
    t.same(await read('two'), [[9]], 'before its epoch is committed in the log');
    await checkpoints.add(at(3));
    release();
    const reads = await Promise.all(Array.from({ length: 5 }, () => read('list')));
    for (const [list] of reads) t.same(list, [1, 2], 'while the first checkpoint is being written');
    const drained = checkpoints.drain();
    await new Promise((resolve) => setTimeout(resolve, 5));
    release();
    await drained;
    t.same(await read('list', 'one'), [[1, 2], [7]]);
    t.same(failures, []);
  },
);

t.test('nothing is written to the store after closing', async (t) => {
  const { stores, checkpoints, release } = await open(1);
  await new Promise((resolve) => setTimeout(resolve, 5));
  checkpoints.stage(put('one', 1));
  await checkpoints.add(at(1));
  await checkpoints.close();
  const next = stores.open('orders', partition);
  t.equal(await next.restore(1), null);
  release();
  await new Promise((resolve) => setTimeout(resolve, 5));
  t.equal(await next.restore(1), null);
  t.same(await next.get(['one']), [null]);
});

const after = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

t.test('the last epoch before a pause is written without a further one', async (t) => {
  const { stores, checkpoints, release } = await open(2);
  await checkpoints.add(at(1));
  checkpoints.stage(put('one', 1));
  await checkpoints.add(at(2));
  await after(5);
  checkpoints.tick();
  release();
  await checkpoints.drain();
  release();
  const next = stores.open('orders', partition);
  t.match(await next.restore(2), { offsetNext: 2 });
  t.same(await next.get(['one']), [Buffer.of(1)]);
});

t.test(
  'a store that has lost its state is detected without an epoch; an unavailable store is tolerated',
  async (t) => {
    let code: ErrorCode = 'STORE_UNAVAILABLE';
    let checks = 0;
    const { checkpoints, failures } = await open(2, async () => {
      checks += 1;
      throw new MillraceError(code, 'no');
    });
    for (const wanted of [0, 1]) {
      await after(CHECK_MS + 5);
      checkpoints.tick();
      checkpoints.tick();
      await checkpoints.drain();
      t.equal(failures.length, wanted, code);
      code = 'STORE_FAILED';
    }
    t.equal(checks, 2);
    t.match(failures, [{ code: 'STORE_FAILED' }]);
  },
);
