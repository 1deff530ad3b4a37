// What an owner does before it says that an entity is erased.
import t from 'tap';
import { EmbeddedLog } from '../../../src/adapters/embedded/log.ts';
import { applyErasures, type ApplyParts } from '../../../src/runtime/erasure/apply-erasures.ts';
import { entityDigest } from '../../../src/runtime/erasure/erased-rows.ts';
import { Erasures } from '../../../src/runtime/erasure/erasures.ts';
import { Protection } from '../../../src/runtime/personal/protection.ts';
import { FakeTelemetry } from '../../../src/testing/index.ts';
import { testPersonalKeys } from '../../../src/testing/test-keys.ts';
import { topicSpecs } from '../../../src/topology/topics.ts';
import { FakeQuarantine } from '../../support/fake-quarantine.ts';
import { hashedOrders as topology, ordersCodec } from '../../support/orders.ts';

t.test('rows that a task has left are stored before the entity counts as erased', async (t) => {
  const log = new EmbeddedLog({ path: null });
  await log.ensureTopics(topicSpecs(topology));
  const erasures = new Erasures();
  const request = {
    kind: 'request',
    digest: entityDigest('orders', 'ann'),
    entity: 'ann',
    topicId: await log.topicId(),
    ends: [5],
    sequence: 1,
    requestedAtMs: 1,
  } as const;
  erasures.add(request);
  const quarantine = new FakeQuarantine();
  const codec = ordersCodec();
  const protection = new Protection({
    topology,
    log,
    codec,
    keys: testPersonalKeys(),
    quarantine,
    nowMs: () => 0,
  });
  let isAway = true;
  const parts = {
    topology,
    log,
    assignment: { topic: 'orders', partition: 0, generation: 1 },
    store: { restore: () => Promise.resolve(null) },
    writer: { committed: () => Promise.resolve(null) },
    archive: null,
    protection,
    erasures,
    telemetry: new FakeTelemetry(),
    flushSinks: () => (isAway ? Promise.reject(new Error('the history is away')) : Promise.resolve()),
    nowMs: () => 0,
  } as unknown as ApplyParts; // without state nothing else is used
  await t.rejects(applyErasures(parts), { message: 'the history is away' });
  t.equal(erasures.applied(0, request), null);
  isAway = false;
  t.equal((await applyErasures(parts)).rows?.has('ann', 4), true);
  t.match(erasures.applied(0, request), { below: 5 });
  await log.close();
});
