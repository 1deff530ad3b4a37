// A stream that Debezium's PostgreSQL connector has written (a snapshot, inserts, updates, changed keys, deletes with their
// tombstones, a truncation): its windows are those that PostgreSQL's SQL gives over the history of the table, which a trigger
// has kept. test/debezium-live.ts records it; MILLRACE_DEBEZIUM_RECORDS names the folder of another recording.
import { valueAt } from '../../../src/core/batch.ts';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { rawBatchOf } from '../avro/raw-batch.ts';
import {
  connectTypes,
  decimalBytes,
  decimalType,
  envelopeOf,
  framedBy,
  registryOf,
} from '../../support/connect-avro.ts';
import {
  avro,
  count,
  debezium,
  defineTopology,
  features,
  int64,
  json,
  max,
  minutes,
  nullable,
  scaled,
  score,
  sliding,
  source,
  string,
  sum,
  timestamp,
  view,
  watermarks,
  type DebeziumOptions,
  type Format,
  type Source,
} from '../../../src/index.ts';
import { SourceDecoder, type DecodedBatch } from '../../../src/runtime/task/source-decoder.ts';
import { TopologyDriver, type Row } from '../../../src/testing/index.ts';
import { schemaOf } from '../../../src/topology/columns-schema.ts';
import { withDeclared } from '../../../src/topology/avro-schema.ts';

const folder =
  process.env['MILLRACE_DEBEZIUM_RECORDS'] ?? join(import.meta.dirname, '../../vectors/debezium');

interface Window {
  readonly id: string;
  readonly card: string;
  readonly at: number;
  readonly n: number;
  readonly total: number;
  readonly most: number;
}

const values = readFileSync(join(folder, 'changes.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((text) => JSON.parse(text) as { readonly value: string | null })
  .map(({ value }) => (value === null ? null : Buffer.from(value)));
const windows = JSON.parse(readFileSync(join(folder, 'windows.json'), 'utf8')) as readonly Window[];

const schema = {
  id: int64,
  card: string,
  amount: scaled(2),
  'before.amount': nullable(scaled(2)),
  op: string,
  at: timestamp,
};

function changesOf(options: DebeziumOptions = {}, format: Format = json()): Source<typeof schema> {
  return source('shop.public.payments', { schema, eventTime: 'at', format: debezium(format, options) });
}

async function decoded(
  declared: Source<typeof schema>,
  records: ReadonlyArray<Buffer | null> = values,
): Promise<DecodedBatch> {
  const decoder = await declared.format!.decoder({
    topic: declared.topic,
    subject: `${declared.topic}-value`,
    eventTime: 'at',
    columns: schemaOf(schema),
    declared: schema,
    schemas: withDeclared(registryOf(new Map([[7, avroEnvelope]])), declared),
  });
  const raw = rawBatchOf(records);
  await decoder.prepare?.(raw);
  return new SourceDecoder(decoder, 'at', 'test').decode(raw, 0, records.length);
}

/** Of the table, with the types that the connector has by default. */
const avroEnvelope = envelopeOf({
  id: 'long',
  card: 'string',
  amount: decimalType(2),
  paid: 'boolean',
  note: 'string',
  blob: 'bytes',
  day: connectTypes.date,
  at: connectTypes.zoned,
});

type Fields = Readonly<Record<string, unknown>>;

/** The recorded changes as the connector writes them in Avro. */
function inAvro(): Array<Buffer | null> {
  const encode = framedBy(avroEnvelope, 7);
  const rowIn = (row: Fields | null): Fields | null => {
    if (row === null) return null;
    const { id, amount, blob, ...rest } = row;
    return {
      ...rest,
      id: BigInt(String(id)),
      amount: typeof amount === 'string' ? decimalBytes(BigInt(amount.replace('.', ''))) : null,
      blob: typeof blob === 'string' ? Buffer.from(blob, 'base64') : null,
    };
  };
  return values.map((value) => {
    if (value === null) return null;
    // Ids and nanoseconds are beyond 2^53.
    const exact = value.toString().replace(/"(id|ts_ns)":(-?\d+)/g, '"$1":"$2"');
    const {
      before,
      after,
      source: origin,
      op,
      ts_ms,
      ts_us,
      ts_ns,
    } = JSON.parse(exact) as {
      readonly before: Fields | null;
      readonly after: Fields | null;
      readonly source: Fields;
      readonly op: string;
      readonly ts_ms: number;
      readonly ts_us: number;
      readonly ts_ns: string;
    };
    const { ts_ms: sourceMs, ts_us: sourceUs, ts_ns: sourceNs, lsn } = origin;
    return encode({
      before: rowIn(before),
      after: rowIn(after),
      source: { ts_ms: sourceMs, ts_us: sourceUs, ts_ns: BigInt(String(sourceNs)), lsn },
      op,
      ts_ms,
      ts_us,
      ts_ns: BigInt(ts_ns),
    });
  });
}

function rowsOf({ batch }: DecodedBatch): Row[] {
  return Array.from({ length: batch.size }, (_, row) =>
    Object.fromEntries(Object.entries(batch.columns).map(([name, column]) => [name, valueAt(column, row)])),
  );
}

t.test('the windows are those of SQL over the history of the table', async (t) => {
  const changes = changesOf();
  const found = await decoded(changes);
  t.strictSame(found.faults, []);
  const over = sliding(minutes(10), minutes(1));
  const topology = defineTopology(changes, {
    stages: [
      watermarks(),
      features({
        views: {
          card: view(['card'], {
            n: count({ over }),
            total: sum('amount', { over }),
            most: max('amount', { over }),
          }),
        },
      }),
      score({ key: 'id' }),
    ],
  });
  const driver = new TopologyDriver(topology);
  await driver.send(rowsOf(found));
  const got = driver.predictions.map(({ key, eventTimeMs, features: vector }) => ({
    id: key,
    at: eventTimeMs,
    n: vector['card.n'],
    total: vector['card.total'],
    most: vector['card.most'],
  }));
  t.strictSame(
    got,
    windows.map(({ id, at, n, total, most }) => ({ id, at, n, total, most })),
  );
  t.ok(windows.length > 50, `${windows.length} changes`);
});

t.test('the same changes in Avro are the same events', async (t) => {
  for (const options of [{}, { deletes: 'event', snapshot: 'skip' }] as const) {
    const inJson = await decoded(changesOf(options));
    const found = await decoded(changesOf(options, avro()), inAvro());
    t.strictSame(found.faults, []);
    t.equal(found.skipped, inJson.skipped);
    t.strictSame(rowsOf(found), rowsOf(inJson));
  }
});

t.test('deletes have the row before', async (t) => {
  const rows = rowsOf(await decoded(changesOf({ deletes: 'event', snapshot: 'skip' })));
  const deletes = rows.filter(({ op }) => op === 'd');
  t.ok(deletes.length > 5, `${deletes.length} deletes`);
  for (const { amount, 'before.amount': before } of deletes) t.equal(amount, before);
  t.notOk(rows.some(({ op }) => op === 'r'));
});
