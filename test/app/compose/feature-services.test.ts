// Features of many entities by the name of a service: from events through the windows and the store.
import fc from 'fast-check';
import t from 'tap';
import { featureServices } from '../../../src/app/compose/feature-services.ts';
import { servedFeatures } from '../../../src/app/compose/served-features.ts';
import { partitionOf } from '../../../src/core/murmur2.ts';
import {
  count,
  defineTopology,
  features,
  hours,
  minutes,
  score,
  sliding,
  source,
  string,
  timestamp,
  view,
} from '../../../src/index.ts';
import type { ServedStates, StateStores } from '../../../src/ports/state-store.ts';
import { TopologyDriver } from '../../../src/testing/index.ts';
import { NOW, PARTITIONS, pay, storeOf, topology, type Payment } from './payments-store.ts';

t.test('values, statuses, event times and freshness of a service over two views', async (t) => {
  const stores = await storeOf([
    pay('c', 'm', 5, hours(8)),
    pay('b', 'm', 5, hours(3)),
    pay('a', 'm', 10, minutes(30)),
    pay('a', 'n', 30, minutes(2)),
  ]);
  t.teardown(() => stores.close());
  const reader = featureServices(topology, stores, () => NOW);
  t.same(reader.services, ['card', 'pair', 'fraud_v1', 'counts']);
  const entities = [
    { card: 'a', merchant: 'm' },
    { card: 'b', merchant: 'm' },
    { card: 'c', merchant: 'm' },
    { card: 'z', merchant: 'm' },
  ];
  const reply = await reader.read({ service: 'fraud_v1', entities });
  t.same(reply.features, ['ratio', 'card.count_1h'], 'not what reads the event itself');
  t.same(reply.results, [
    {
      values: [0.5, 2],
      statuses: ['present', 'present'],
      eventTimeMs: [NOW - minutes(30), NOW - minutes(2)],
      freshnessMs: [minutes(30), minutes(2)],
    },
    {
      values: [null, 0],
      statuses: ['null', 'present'],
      eventTimeMs: [NOW - hours(3), NOW - hours(3)],
      freshnessMs: [hours(3), hours(3)],
    },
    {
      values: [null, null],
      statuses: ['outside_max_age', 'outside_max_age'],
      eventTimeMs: [NOW - hours(8), NOW - hours(8)],
      freshnessMs: [hours(8), hours(8)],
    },
    {
      values: [null, null],
      statuses: ['not_found', 'not_found'],
      eventTimeMs: [null, null],
      freshnessMs: [null, null],
    },
  ]);
  const asOfMs = NOW - minutes(25);
  const before = await reader.read({ service: 'card', entities: entities.slice(0, 2), asOfMs, maxAgeMs: 0 });
  t.same(before.results[0]?.statuses, ['outside_history', 'outside_history']);
  t.same(before.results[1]?.statuses, ['outside_max_age', 'outside_max_age']);
  const earlier = await reader.read({
    service: 'counts',
    entities: [{ card: 'a' }],
    asOfMs: NOW - minutes(10),
  });
  t.same(earlier.results[0]?.values, [1], 'within the allowed lateness, without the later event');
  t.ok(earlier.partitions.length > 0);
});

t.test('the model gets the features of its service, and these are logged', async (t) => {
  t.same(
    topology.features?.features.map(({ name }) => name),
    ['amount', 'ratio', 'card.count_1h', 'jump'],
  );
  const driver = new TopologyDriver(topology);
  await driver.send([{ ...pay('a', 'm', 8, 0), id: '1' }]);
  t.same(driver.predictions[0]?.features, { amount: 8, ratio: 1, 'card.count_1h': 1, jump: 1 });
});

t.test(
  'any number of entities takes one round trip for each partition, and a second one for strays',
  async (t) => {
    const stores = await storeOf(Array.from({ length: 300 }, (_, i) => pay(`c${i}`, 'm', i, minutes(1))));
    t.teardown(() => stores.close());
    const trips: number[] = [];
    const counted: Pick<StateStores, 'served'> = {
      served: (name, partition, keys) => {
        trips.push(keys.length);
        return stores.served(name, partition, keys);
      },
    };
    const reader = featureServices(topology, counted, () => NOW);
    const entities = Array.from({ length: 300 }, (_, i) => ({ card: `c${i}`, merchant: 'm' }));
    const { results, partitions } = await reader.read({ service: 'card', entities });
    t.equal(trips.length, PARTITIONS);
    t.same(
      partitions.map(({ offset }) => offset).reduce((a, b) => a + b),
      300,
    );
    t.ok(results.every(({ values }, i) => values[0] === 1 && values[1] === i));
    trips.length = 0;
    await reader.read({ service: 'fraud_v1', entities });
    t.ok(trips.length <= 2 * PARTITIONS, `${trips.length}: pairs are where their card is`);
  },
);

t.test('what is read is what an event at that instant would see', async (t) => {
  const event = fc.record({
    card: fc.constantFrom('a', 'b'),
    merchant: fc.constantFrom('m', 'n'),
    amount: fc.integer({ min: 1, max: 9 }),
    at: fc.integer({ min: 0, max: hours(3) }).map((ms) => NOW - hours(3) + ms),
  });
  const check = async (events: Payment[], laterMs: number): Promise<void> => {
    const sorted = events.toSorted((a, b) => a.at - b.at);
    const asOfMs = NOW + laterMs;
    const stores = await storeOf(sorted);
    const reader = featureServices(topology, stores, () => NOW);
    const { results } = await reader.read({ service: 'card', entities: [{ card: 'a' }], asOfMs });
    await stores.close();
    const from = (Math.floor(asOfMs / minutes(5)) - 11) * minutes(5);
    const own = sorted.filter(({ card }) => card === 'a');
    const inside = own.filter(({ at }) => at >= from);
    const sum = inside.reduce((total, { amount }) => total + amount, 0);
    if (own.length === 0) t.same(results[0]?.statuses, ['not_found', 'not_found']);
    else
      t.same(results[0]?.values, [
        inside.length,
        inside.length === 0 ? null : Math.fround(sum / inside.length),
      ]);
  };
  const arbitrary = fc.asyncProperty(fc.array(event, { maxLength: 12 }), fc.nat(hours(2)), check);
  await fc.assert(arbitrary, { numRuns: 40 });
});

t.test('what is lost or being rebuilt is said, and answered with no value', async (t) => {
  const stores = await storeOf([pay('a', 'm', 10, minutes(1)), pay('b', 'm', 10, minutes(1))]);
  t.teardown(() => stores.close());
  const home = (card: string): number => partitionOf(Buffer.from(card), PARTITIONS);
  const reading = (change: (served: ServedStates, partition: number) => ServedStates) => ({
    served: async (...[name, partition, keys]: Parameters<StateStores['served']>) => {
      const served = await stores.served(name, partition, keys);
      return served && change(served, partition.partition);
    },
  });
  const entities = ['a', 'b', 'z'].map((card) => ({ card }));
  const statuses = async (reads: Pick<StateStores, 'served'>): Promise<unknown> =>
    (await featureServices(topology, reads, () => NOW).read({ service: 'counts', entities })).results;
  const none = { values: [null], statuses: ['rebuilding'], eventTimeMs: [null], freshnessMs: [null] };
  const present = { values: [1], statuses: ['present'] };
  t.not(home('a'), home('b'));
  const rebuilt = reading((served, partition) => ({ ...served, isComplete: partition !== home('a') }));
  t.match(await statuses(rebuilt), [none, present, none], 'z may be in the partition of a');
  const lost = reading((served) => ({
    ...served,
    states: served.states.map(() => null),
    lost: new Set([0]),
  }));
  t.match(await statuses(lost), [none, none, none]);
  const one = servedFeatures(topology, { stores: rebuilt }, () => NOW);
  await t.rejects(one(topology.name, 'card=a'), { code: 'STORE_UNAVAILABLE', message: /being rebuilt/ });
  t.match(await one(topology.name, 'card=b'), { values: { count_1h: 1 } });
});

t.test('services that make no sense are refused', async (t) => {
  const payments = source('payments', {
    schema: { id: string, card: string, at: timestamp },
    eventTime: 'at',
  });
  const n = count({ over: sliding(hours(1)) });
  const defined = (services: Record<string, readonly string[]>, service?: string) => () =>
    defineTopology(payments, {
      stages: [
        features({ views: { card: view(['card'], { n }) }, services }),
        score({ key: 'id', ...(service === undefined ? {} : { service }) }),
      ],
    });
  const refused = (message: RegExp) => ({ code: 'TOPOLOGY_INVALID', message });
  t.throws(defined({ s: ['card.m'] }), refused(/no feature 'card.m'.*card\.n/s));
  t.throws(defined({ s: [] }), refused(/it has no feature/));
  t.throws(defined({ s: ['card.n', 'card.n'] }), refused(/twice/));
  t.throws(defined({ card: ['card.n'] }), refused(/a view has this name/));
  t.throws(defined({ 'a/b': ['card.n'] }), refused(/no name/));
  t.throws(defined({ fraud: ['card.n'] }, 'fruad'), refused(/no service 'fruad'.*fraud/s));
});
