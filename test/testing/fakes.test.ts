// State in memory is fenced by its newest owner.
import t from 'tap';
import { emptyDelta } from '../../src/core/state-delta.ts';
import { MemoryStateStores } from '../../src/testing/index.ts';

t.test('a newer owner fences an older one', async (t) => {
  const stores = new MemoryStateStores();
  const partition = { topic: 'orders', partition: 0 };
  const at = { epoch: 1, offsetNext: 5, watermarkMs: 0, modelVersion: 'none' };
  const put = { key: 'a', state: Buffer.from('1'), served: null, eventTimeMs: 0, ttlMs: null };
  const older = stores.open('orders', partition);
  await older.restore(1);
  await older.commit(at, { ...emptyDelta(), puts: [put] });
  const newer = stores.open('orders', partition);
  t.match(await newer.restore(2), { offsetNext: 5 });
  await t.rejects(older.commit({ ...at, offsetNext: 9 }, emptyDelta()), { code: 'FENCED' });
  await t.rejects(older.restore(1), { code: 'FENCED' });
  await newer.commit({ ...at, offsetNext: 7 }, emptyDelta());
  t.match(await newer.restore(2), { offsetNext: 7 });
  t.same(await newer.get(['a', 'b']), [Buffer.from('1'), null]);
});
