// Source formats that are written outside src, on a whole engine: decoded records are scored, and others are in the
// dead-letter topic with their bytes.
import t from 'tap';
import {
  defineTopology,
  describeText,
  double,
  features,
  nullable,
  numeric,
  categorical,
  score,
  source,
  string,
  timestamp,
  watermarks,
  type Format,
  type Topology,
} from 'millrace';
import { EmbeddedRun, fakeScorer } from 'millrace/testing';
import { csv } from './csv.ts';

function ordersIn(format: Format): Topology {
  const orders = source('orders', {
    schema: { id: string, country: nullable(string), amount: nullable(double), at: timestamp },
    eventTime: 'at',
    partitions: 1,
    format,
  });
  return defineTopology(orders, {
    stages: [
      watermarks(),
      features({ fields: { amount: numeric('amount'), country: categorical('country') } }),
      score({ key: 'id' }),
    ],
  });
}

/** The amount, or -1 without one. */
const model = fakeScorer('v1', 2, ([amount = Number.NaN]) => (Number.isNaN(amount) ? -1 : amount / 100));

async function runIn(format: Format, values: ReadonlyArray<Uint8Array | null>): Promise<EmbeddedRun> {
  const run = await EmbeddedRun.start(ordersIn(format), { model });
  t.teardown(() => run.stop());
  await run.send([
    { id: 'first', country: 'FR', amount: 25, at: 1_000 },
    { id: 'second', at: 2_000 },
  ]);
  await run.sendValues(values);
  await run.send([{ id: 'last', country: 'Österreich', amount: 50, at: 3_000 }]);
  await run.committed();
  return run;
}

t.test('CSV: valid lines are scored, and each invalid one is a dead letter with its bytes', async (t) => {
  const malformed = [
    Buffer.from('only,two'),
    Buffer.from('id,FR,many,2500'),
    Buffer.from('id,FR,5,2500,more'),
    Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(',FR,5,2500')]),
    Buffer.from('no-time,FR,5,'),
    Buffer.alloc(0),
  ];
  const run = await runIn(csv(), [...malformed, null]);
  const scores = (await run.predictions()).map(({ id, key, eventTime, score: value }) => [
    id,
    key,
    eventTime,
    value,
  ]);
  t.strictSame(scores, [
    ['orders-0-0', 'first', 1_000, 0.25],
    ['orders-0-1', 'second', 2_000, -1],
    ['orders-0-9', 'last', 3_000, 0.5],
  ]);
  const letters = await run.deadLetters();
  t.strictSame(
    letters.map(({ offset, code, message }) => [offset, code, message]),
    [
      [2, 'EVENT_MALFORMED', 'the line has 2 cells'],
      [3, 'EVENT_MALFORMED', 'cell 3 is not valid'],
      [4, 'EVENT_MALFORMED', 'the line has more than 4 cells'],
      [5, 'EVENT_MALFORMED', 'cell 1 is not valid'],
      [6, 'EVENT_MALFORMED', 'the event time is null or not a number'],
      [7, 'EVENT_MALFORMED', 'the line has 1 cells'],
      [8, 'EVENT_MALFORMED', 'the record has no value'],
    ],
  );
  t.same(
    letters.map(({ value }) => value),
    [...malformed, null],
    'with their original bytes',
  );
});

/** One JSON object per record, with a decoder that does not handle anything else. */
const careless: Format = {
  name: 'json',
  decoder: async ({ columns }) => {
    const schema = columns ?? {};
    const names = Object.keys(schema);
    return {
      schema,
      decode({ values }, from, to, into) {
        for (let index = from; index < to; index++) {
          const event = JSON.parse(String(values.at(index))) as Record<string, unknown>;
          for (const [column, name] of names.entries()) {
            const value = event[name];
            if (typeof value === 'number') into.setNumber(column, value);
            else if (typeof value === 'string') into.setString(column, value);
          }
          into.accept(index);
        }
      },
    };
  },
  encoder: async () => ({ encode: (event) => Buffer.from(JSON.stringify(event)) }),
};

t.test('if a format throws, only that record is a dead letter', async (t) => {
  const run = await runIn(careless, [Buffer.from('{'), null]);
  t.same(
    (await run.predictions()).map(({ key, score: value }) => [key, value]),
    [
      ['first', 0.25],
      ['second', -1],
      ['last', 0.5],
    ],
  );
  t.match(await run.deadLetters(), [
    { offset: 2, code: 'EVENT_MALFORMED', message: /^the format failed: .*JSON/, value: Buffer.from('{') },
    { offset: 3, code: 'EVENT_MALFORMED', message: /^the format failed: /, value: null },
  ]);
});

t.test('if a format cannot decode the source, the engine does not start', async (t) => {
  const untyped = defineTopology({
    name: 'orders',
    source: { topic: 'orders', eventTime: 'at', format: csv() },
    stages: [watermarks()],
  });
  await t.rejects(EmbeddedRun.start(untyped), { code: 'SCHEMA_INVALID', message: /Declare the columns/ });
});

t.test('a format that is only read has no encoder', async (t) => {
  const whole = csv();
  const readOnly: Format = { name: whole.name, decoder: (opened) => whole.decoder(opened) };
  const run = await EmbeddedRun.start(ordersIn(readOnly));
  await t.rejects(run.send([{ id: 'a', at: 1 }]), {
    code: 'TOPOLOGY_INVALID',
    message: /csv has no encoder/,
  });
  await run.stop();
});

t.test('the description of a topology names its format', (t) => {
  t.match(describeText(ordersIn(csv())), /^ {2}source {6}orders, csv, event time at$/m);
  t.end();
});
