// Views of other keys over columns of every kind, in each format: hops carry numbers, enums, booleans, instants, lists and what
// stages compute from them as they are.
import t from 'tap';
import { murmur2 } from '../../src/core/murmur2.ts';
import {
  avro,
  boolean,
  count,
  defineTopology,
  derive,
  distinct,
  double,
  enumeration,
  features,
  hours,
  json,
  last,
  list,
  long,
  nullable,
  numeric,
  score,
  sliding,
  source,
  string,
  subtract,
  sum,
  text,
  timestamp,
  view,
  type Format,
  type Topology,
} from '../../src/index.ts';
import type { EventRow } from '../../src/ports/format.ts';
import type { SinkDefinition } from '../../src/ports/sink.ts';
import { EmbeddedRun, TopologyDriver } from '../../src/testing/index.ts';
import { collecting } from '../support/card-payments.ts';
import { randomIntegers } from '../support/random-integers.ts';

const PARTITIONS = 3;
const over = sliding(hours(2));

function trips(sinks: readonly SinkDefinition[], format: Format): Topology {
  return defineTopology(
    source('trips', {
      schema: {
        id: string,
        driver: long,
        zone: nullable(long),
        kind: enumeration(['pool', 'solo', 'van']),
        night: nullable(boolean),
        began: nullable(timestamp),
        fares: list(double),
        price: nullable(double),
        at: timestamp,
      },
      eventTime: 'at',
      format,
      key: 'driver',
      partitions: PARTITIONS,
    }),
    {
      stages: [
        derive({ label: text.join(':', 'kind', 'id'), took: subtract('at', 'began') }),
        features({
          when: { kind: ['pool', 'van'] },
          fields: { price: numeric('price') },
          views: {
            driver: view(['driver'], { n: count({ over }) }),
            zone: view(['zone'], {
              n: count({ over, where: { night: true } }),
              fares: sum('fares', { over }),
              took: last('took', { over }),
              kinds: distinct('kind', { over }),
              vans: count({ over, where: { kind: 'van' } }),
            }),
            kind: view(['kind', 'night'], {
              price: sum('price', { over }),
              drivers: distinct('driver', { over }),
            }),
            label: view(['label'], { began: last('began', { over }) }),
          },
        }),
        score({ key: 'id' }),
      ],
      sinks,
    },
  );
}

for (const format of [avro(), json()])
  void t.test(`columns of every kind, ${format.name}`, async (t) => {
    const integers = randomIntegers(21);
    const one = <T>(values: readonly T[]): T => values[integers() % values.length] as T;
    const start = Date.UTC(2026, 0, 1);
    const events: EventRow[] = Array.from({ length: 150 }, (_, i) => ({
      id: `t${i}`,
      driver: one([1, 2, 2 ** 40, 4, -5]),
      zone: one([null, 0, -7, 12]),
      kind: one(['pool', 'solo', 'van']),
      night: one([null, true, false]),
      began: one([null, start + i * 60_000 - 30_500]),
      fares: Array.from({ length: integers() % 3 }, () => one([1.5, -0, 2 ** 60])),
      price: one([null, 0.1, 3, -2.25]),
      at: start + i * 60_000,
    }));
    const found = new Map<string, readonly number[]>();
    const run = await EmbeddedRun.start(trips([collecting(found)], format));
    for (const [i, event] of events.entries()) {
      await run.send([event], (murmur2(Buffer.from(String(event['driver']))) & 0x7fffffff) % PARTITIONS);
      if (i !== 70) continue;
      await run.crash();
      await run.restart();
    }
    await run.committed();
    await run.stop();
    const driver = new TopologyDriver(trips([], format));
    await driver.send(events);
    const expected = driver.predictions.map(({ key, features: values }) => [
      key,
      Object.values(values)
        .map((value) => value ?? Number.NaN)
        .join(),
    ]);
    t.ok(expected.length > 60);
    t.same(
      expected.filter(([key = '', vector]) => found.get(key)?.join() !== vector),
      [],
    );
    t.equal(found.size, expected.length);
  });
