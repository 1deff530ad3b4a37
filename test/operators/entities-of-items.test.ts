// Views of other keys over the rows that flatten makes of the items of events: each row has the features that one process
// computes which sees all events in order.
import t from 'tap';
import { murmur2 } from '../../src/core/murmur2.ts';
import {
  count,
  days,
  defineTopology,
  derive,
  distinct,
  double,
  features,
  flatten,
  hours,
  json,
  last,
  list,
  minutes,
  nullable,
  numeric,
  score,
  sliding,
  source,
  string,
  sum,
  text,
  timestamp,
  view,
  watermarks,
  type Topology,
} from '../../src/index.ts';
import { EmbeddedRun, TopologyDriver } from '../../src/testing/index.ts';
import type { EventRow } from '../../src/ports/format.ts';
import type { SinkDefinition } from '../../src/ports/sink.ts';
import { randomIntegers } from '../support/random-integers.ts';

const PARTITIONS = 4;
const over = sliding(hours(1));

function baskets(sinks: readonly SinkDefinition[], outer: boolean): Topology {
  const orders = source('orders', {
    schema: {
      id: string,
      card: string,
      shop: nullable(string),
      tags: list(nullable(string)),
      'items[].sku': list(nullable(string)),
      'items[].price': list(nullable(double)),
      at: timestamp,
    },
    eventTime: 'at',
    format: json(),
    key: 'card',
    partitions: PARTITIONS,
  });
  return defineTopology(orders, {
    stages: [
      watermarks({ allowedLatenessMs: minutes(5) }),
      flatten({ strings: { sku: 'items[].sku' }, numbers: { price: 'items[].price' }, outer }),
      derive({ line: text.join('/', 'id', 'sku'), upper: text.upper('sku') }),
      features({
        fields: { price: numeric('price') },
        views: {
          card: view(['card'], { n: count({ over }), spent: sum('price', { over }) }),
          sku: view(['sku'], {
            n: count({ over }),
            sold: sum('price', { over: sliding(days(1)) }),
            newest: last('price', { over }),
            shops: distinct('shop', { over }),
            tags: distinct('tags', { over }),
          }),
          upper: view(['upper'], { n: count({ over }) }),
          shop: view(['shop'], { n: count({ over }), taken: sum('price', { over }) }),
        },
      }),
      score({ key: 'id' }),
    ],
    sinks,
  });
}

const SKUS = ['a', 'A', 'b', 'ü', null];
const PRICES = [1.25, -0, 0, 7e-300, 1e300, null];

function someOrders(n: number, integers: () => number): EventRow[] {
  const one = <T>(values: readonly T[]): T => values[integers() % values.length] as T;
  const start = Date.UTC(2026, 0, 1);
  return Array.from({ length: n }, (_, i) => ({
    id: `o${i}`,
    card: `c${integers() % 7}`,
    shop: one(['x', 'y', null]),
    tags: Array.from({ length: integers() % 3 }, () => one(['t', 'u', null])),
    items: undefined as never,
    ...Object.fromEntries(
      [integers() % 5].flatMap((length) => [
        ['items[].sku', Array.from({ length }, () => one(SKUS))],
        ['items[].price', Array.from({ length }, () => one(PRICES))],
      ]),
    ),
    at: start + i * 20_000,
  })).map(({ items: _items, ...order }) => order);
}

/** Keeps all vectors of an order, in the order of its items. */
function collectingItems(into: Map<string, string[]>): SinkDefinition {
  return {
    name: 'vectors',
    delivery: 'after-commit',
    open: async () => ({
      predictions({ count: rows, offsets, origin, features: values, width }): void {
        for (let i = 0; i < rows; i++) {
          const id = `${origin.partition}-${offsets[i]}`;
          const vector = [...values.subarray(i * width, (i + 1) * width)].join();
          into.set(id, [...new Set([...(into.get(id) ?? []), vector])]);
        }
      },
      labels: () => undefined,
      flush: async () => undefined,
      bufferedRows: 0,
      close: async () => undefined,
    }),
  };
}

for (const outer of [false, true])
  void t.test(`each row has the features of every entity, also after crashes, outer ${outer}`, async (t) => {
    const integers = randomIntegers(outer ? 11 : 12);
    const orders = someOrders(300, integers);
    const found = new Map<string, string[]>();
    const run = await EmbeddedRun.start(baskets([collectingItems(found)], outer));
    const sent = Array.from({ length: PARTITIONS }, () => 0);
    const places: string[] = [];
    for (const [i, order] of orders.entries()) {
      const partition = (murmur2(Buffer.from(order['card'] as string)) & 0x7fffffff) % PARTITIONS;
      places.push(`${partition}-${(sent[partition] as number)++}`);
      await run.send([order], partition);
      if (i % 90 !== 47) continue;
      await run.crash();
      await run.restart();
      if (i > 150) await run.committed();
    }
    await run.committed();
    await run.stop();
    const driver = new TopologyDriver(baskets([], outer));
    const expected = new Map<string, string>();
    for (const [i, order] of orders.entries()) {
      const before = driver.predictions.length;
      await driver.send([order]);
      const [partition, offset] = (places[i] as string).split('-') as [string, string];
      for (const { item, features: values } of driver.predictions.slice(before)) {
        const place = Number(offset) + (item === undefined ? 0 : (item + 1) / 2 ** 15);
        expected.set(
          `${partition}-${place}`,
          Object.values(values)
            .map((value) => value ?? Number.NaN)
            .join(),
        );
      }
    }
    t.ok(expected.size > 300, 'there are rows');
    t.equal(found.size, expected.size);
    const wrong = [...expected].filter(([id, vector]) => found.get(id)?.join(' ') !== vector);
    t.same(
      wrong.slice(0, 3).map(([id, vector]) => [id, found.get(id), vector]),
      [],
    );
  });
