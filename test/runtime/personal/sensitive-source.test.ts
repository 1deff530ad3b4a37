// An engine whose source has sensitive columns: nothing that it writes has a plain value, and a restart computes the same.
import t from 'tap';
import type { Batch } from '../../../src/core/batch.ts';
import {
  boolean,
  bytes,
  contract,
  count,
  defineTopology,
  enumeration,
  features,
  int64,
  json,
  long,
  minutes,
  nullable,
  numeric,
  double,
  range,
  required,
  scaled,
  score,
  sliding,
  source,
  string,
  timestamp,
  view,
  watermarks,
  type Topology,
} from '../../../src/index.ts';
import { keyOfNumber } from '../../../src/operators/key-column.ts';
import { entityDigest, ErasedRows } from '../../../src/runtime/erasure/erased-rows.ts';
import { EmbeddedRun, testHash, TopologyDriver } from '../../../src/testing/index.ts';

const topology: Topology = defineTopology(
  source('payments', {
    schema: {
      id: string,
      card: string,
      email: nullable(string),
      country: enumeration(['CH', 'DE']),
      amount: double,
      income: nullable(double),
      at: timestamp,
    },
    eventTime: 'at',
    partitions: 1,
    sensitive: { card: 'hash', email: 'encrypt', country: 'hash', income: 'drop' },
    entity: 'card',
  }),
  {
    stages: [
      contract([required('email'), range('amount', 0, 100)]),
      watermarks({ allowedLatenessMs: minutes(1) }),
      features({
        fields: { amount: numeric('amount') },
        views: { card: view(['card'], { n: count({ over: sliding(minutes(5)) }) }) },
      }),
      score({ key: 'card' }),
    ],
  },
);

const event = (id: string, at: number, more: object = {}): Record<string, string | number> => ({
  id,
  card: 'PLAIN-card-1',
  email: 'PLAIN-ann@example.com',
  country: 'CH',
  amount: 5,
  income: 77_777,
  at,
  ...more,
});

t.test('the stages see hashes, ciphertext and no dropped column', async (t) => {
  const driver = new TopologyDriver(topology);
  await driver.send([event('1', 0), event('2', 1), event('3', 2, { card: 'other' })]);
  t.match(driver.predictions, [
    { key: testHash('PLAIN-card-1'), features: { 'card.n': 1 } },
    { key: testHash('PLAIN-card-1'), features: { 'card.n': 2 } },
    { key: testHash('other'), features: { 'card.n': 1 } },
  ]);
  const [first, second] = driver.rows as ReadonlyArray<Record<string, unknown>>;
  t.equal(first?.['country'], testHash('CH'));
  t.match(first?.['email'], /^sealed:[\w-]+$/);
  t.not(first?.['email'], second?.['email'], 'equal values are not seen to be equal');
  t.notOk('income' in (first ?? {}));
  await driver.close();
});

t.test('what an engine sets aside has no plain value, and its messages quote none', async (t) => {
  const run = await EmbeddedRun.start(topology);
  await run.send([event('1', 0), event('2', 1, { amount: 500 }), event('3', minutes(10)), event('4', 2)]);
  await run.sendValues([Buffer.from('PLAIN bytes that are no Avro')]);
  await run.committed();
  const letters = (await run.deadLetters()).toSorted((a, b) => a.offset - b.offset);
  const late = await run.late();
  t.strictSame(
    letters.map(({ code }) => code),
    ['CONTRACT_RANGE', 'EVENT_NOT_FRAMED'],
  );
  t.equal(late.length, 1);
  t.match(
    (await run.predictions()).map(({ key }) => key),
    [testHash('PLAIN-card-1'), testHash('PLAIN-card-1')],
  );
  const written = JSON.stringify([letters, late], (_name, value: unknown) =>
    value instanceof Uint8Array || isBytes(value) ? Buffer.from(bytesOf(value)).toString('latin1') : value,
  );
  t.notMatch(written, /PLAIN|77777/);
  t.match(letters[1]?.message, /the reason is left out/);
  await run.stop();
});

/** What JSON makes of a Buffer. */
function isBytes(value: unknown): value is { readonly data: readonly number[] } {
  return typeof value === 'object' && value !== null && 'type' in value && value.type === 'Buffer';
}

function bytesOf(value: Uint8Array | { readonly data: readonly number[] }): Uint8Array {
  return value instanceof Uint8Array ? value : Uint8Array.from(value.data);
}

t.test('an entity of any type is hashed, has a data key and is erased', async (t) => {
  const values = {
    whole: [7, 8, '7'],
    wide: ['9007199254740993', '9007199254740992', '9007199254740993'],
    number: [0.1, 0.2, '0.1'],
    flag: [true, false, '1'],
    instant: [1_767_225_600_000, 1, '1767225600000'],
    raw: ['AQI=', 'AQM=', 'AQI='],
    cents: [1250, 100, '1250'],
    kind: ['b', 'a', 'b'],
  } as const;
  const schema = {
    id: string,
    whole: long,
    wide: int64,
    number: double,
    flag: boolean,
    instant: timestamp,
    raw: bytes,
    cents: scaled(2),
    kind: enumeration(['a', 'b']),
    email: string,
    at: timestamp,
  };
  const names = Object.keys(values) as Array<keyof typeof values>;
  const row = (which: 0 | 1): Record<string, string | number | boolean> => ({
    ...Object.fromEntries(names.map((name) => [name, values[name][which]])),
    id: String(which),
    email: 'ann@example.com',
    at: which,
  });
  for (const entity of names) {
    for (const treatment of [{ [entity]: 'hash' as const }, {}]) {
      const keyed = defineTopology(
        source('accounts', {
          schema,
          eventTime: 'at',
          format: json(),
          sensitive: { ...treatment, email: 'encrypt' },
          entity,
        }),
        {
          stages: [
            watermarks({}),
            features({ views: { each: view([entity], { n: count({ over: sliding(minutes(5)) }) }) } }),
            score({ key: entity }),
          ],
        },
      );
      const driver = new TopologyDriver(keyed);
      await driver.send([row(0), row(1), row(0)].map((event) => ({ ...event })));
      const text = values[entity][2];
      const key = entity in treatment ? testHash(text) : text;
      t.match(
        driver.predictions,
        [{ key, features: { 'each.n': 1 } }, {}, { key, features: { 'each.n': 2 } }],
        entity,
      );
      await driver.close();
    }
  }
});

t.test('the events of an erased entity are found whatever its type', (t) => {
  const values = Float64Array.of(7, Number.NaN, 8, 7);
  const batch = {
    size: 4,
    offsets: Float64Array.of(0, 1, 2, 3),
    columns: { account: { kind: 'number', values } },
  } as Pick<Batch, 'size' | 'offsets' | 'columns'> as Batch; // all that is read
  const rows = new ErasedRows('accounts', 'account', new Map([[entityDigest('accounts', '7'), 2]]));
  t.strictSame([...(rows.of(batch) ?? [])], [1, 0, 0, 0]);
  t.strictSame(
    ['25.0', 'true', 'false', '2026-01-01', '-0', '1e400', '', 'ann'].map((text) => keyOfNumber(text)),
    ['25', '1', '0', '1767225600000', '0', null, null, null],
  );
  t.end();
});
