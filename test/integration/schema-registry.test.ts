// A real registry, and producers that share no code with ours: Confluent's Python serializers, by the registry and by the
// file of the embedded one.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ConfluentRegistry } from '../../src/adapters/schemas/confluent-registry.ts';
import type { RegistryClient } from '../../src/adapters/schemas/registry-client.ts';
import type { RunReport } from '../../src/app/compose/run-report.ts';
import { schemaRegistryContract } from '../contracts/schema-registry.ts';
import { millrace } from '../support/cli.ts';
import { confluentPython } from '../support/python.ts';
import { scoredTopology, type ScoredTopology } from '../support/scored-topology.ts';
import { kafkaBrokers, schemaRegistryUrl, uniqueName } from '../support/services.ts';

t.setTimeout(180_000);

/** A client whose subjects no other test uses. */
async function clientOf(prefix: string): Promise<RegistryClient> {
  const client = await ConfluentRegistry.open({ url: schemaRegistryUrl() });
  const name = (subject: string): string => `${prefix}-${subject}`;
  return {
    name: client.name,
    register: (subject, schema) => client.register(name(subject), schema),
    idOf: (subject, schema) => client.idOf(name(subject), schema),
    schemasOf: (ids) => client.schemasOf(ids),
  };
}

schemaRegistryContract('Apicurio', async () => {
  const prefix = uniqueName('contract');
  return { client: await clientOf(prefix), again: () => clientOf(prefix) };
});

t.test('Apicurio: a schema comes with those that it refers to', async (t) => {
  const prefix = uniqueName('references');
  const register = async (subject: string, body: object): Promise<number> => {
    const response = await fetch(`${schemaRegistryUrl()}/subjects/${prefix}-${subject}/versions`, {
      method: 'POST',
      headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
      body: JSON.stringify(body),
    });
    return ((await response.json()) as { readonly id: number }).id;
  };
  const card = '{"type":"record","name":"Card","namespace":"x","fields":[{"name":"no","type":"int"}]}';
  await register('card', { schema: card });
  const id = await register('event', {
    schema: '{"type":"record","name":"Event","namespace":"x","fields":[{"name":"card","type":"x.Card"}]}',
    references: [{ name: 'x.Card', subject: `${prefix}-card`, version: 1 }],
  });
  const client = await ConfluentRegistry.open({ url: schemaRegistryUrl() });
  t.match(await client.schemasOf([id]), [{ language: 'AVRO', references: [card] }]);
});

const SERIALIZE = `
import json, sys
from confluent_kafka import SerializingProducer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.serialization import StringSerializer
brokers, url, topic, schema, count = sys.argv[1:]
serializer = AvroSerializer(SchemaRegistryClient({'url': url}), schema)
producer = SerializingProducer({
    'bootstrap.servers': brokers, 'compression.type': 'snappy',
    'key.serializer': StringSerializer(), 'value.serializer': serializer})
for i in range(int(count)):
    event = {'id': f'e-{i}', 'card': f'c-{i % 17}', 'amount': float(i % 100), 'at': 1704067200000 + i * 1000, 'note': 'n'}
    producer.produce(topic, key=event['card'], value=event, timestamp=event['at'])
sys.exit(producer.flush(30))
`;

const SERIALIZE_JSON = `
import sys
from confluent_kafka import SerializingProducer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.json_schema import JSONSerializer
from confluent_kafka.serialization import StringSerializer
brokers, url, topic, schema, count = sys.argv[1:]
producer = SerializingProducer({
    'bootstrap.servers': brokers, 'compression.type': 'zstd', 'key.serializer': StringSerializer(),
    'value.serializer': JSONSerializer(schema, SchemaRegistryClient({'url': url}))})
for i in range(int(count)):
    event = {'note': 'n', 'id': f'e-{i}', 'card': f'c-{i % 17}', 'amount': i % 100, 'at': 1704067200000 + i * 1000}
    producer.produce(topic, key=event['card'], value=event, timestamp=event['at'])
sys.exit(producer.flush(30))
`;

const JSON_SCHEMA = JSON.stringify({
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'Payment',
  type: 'object',
  properties: {
    id: { type: 'string' },
    card: { type: 'string' },
    amount: { type: 'number' },
    at: { type: 'integer' },
  },
  required: ['id', 'card', 'amount', 'at'],
});

/** Frames events by the id in the file of the embedded registry. */
const FRAME = `
import io, json, struct, sys
from confluent_kafka import Producer
from fastavro import parse_schema, schemaless_writer
brokers, file, topic, count = sys.argv[1:]
entries = json.load(open(file))
index = next(i for i, entry in enumerate(entries) if entry['subject'] == f'{topic}-value')
schema = parse_schema(json.loads(entries[index]['schema']))
producer = Producer({'bootstrap.servers': brokers, 'compression.type': 'lz4'})
for i in range(int(count)):
    event = {'id': f'e-{i}', 'card': f'c-{i % 17}', 'amount': float(i % 100), 'at': 1704067200000 + i * 1000}
    out = io.BytesIO()
    out.write(struct.pack('>bI', 0, index + 1))
    schemaless_writer(out, schema, event)
    producer.produce(topic, key=event['card'], value=out.getvalue(), timestamp=event['at'])
sys.exit(producer.flush(30))
`;

/** Another schema than the topology's: of another name, with a field more, in another order. */
const WRITER = JSON.stringify({
  type: 'record',
  name: 'Payment',
  namespace: 'com.example',
  fields: [
    { name: 'note', type: 'string' },
    { name: 'id', type: 'string' },
    { name: 'card', type: 'string' },
    { name: 'amount', type: 'double' },
    { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
  ],
});

function python(script: string, ...args: readonly string[]): void {
  const { status, stderr } = spawnSync(confluentPython(), ['-c', script, ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`python ended with ${status}: ${stderr}`);
}

async function runUntilCaughtUp(
  { folder, file }: ScoredTopology,
  more: Readonly<Record<string, string>>,
): Promise<RunReport> {
  const report = join(folder, 'report.json');
  const settings = {
    MILLRACE_KAFKA_BROKERS: kafkaBrokers(),
    MILLRACE_DATA: join(folder, 'data'),
    MILLRACE_PORT: '0',
    ...more,
  };
  const ended = await millrace(['run', file, '--until-caught-up', '--report', report], settings);
  if (ended.code !== 0) throw new Error(ended.stderr);
  return JSON.parse(readFileSync(report, 'utf8')) as RunReport;
}

t.test("events of Confluent's Python serializer, which registers its own schema", async (t) => {
  const topology = scoredTopology('serialized', 'partitions: 2,');
  t.teardown(() => topology.remove());
  const settings = { MILLRACE_SCHEMA_REGISTRY_URL: schemaRegistryUrl() };
  await runUntilCaughtUp(topology, settings); // creates the topic
  python(SERIALIZE, kafkaBrokers(), schemaRegistryUrl(), topology.name, WRITER, '500');
  const { events, predictions, deadLetters } = await runUntilCaughtUp(topology, settings);
  t.same({ events, predictions, deadLetters }, { events: 500, predictions: 500, deadLetters: 0 });
  const client = await ConfluentRegistry.open({ url: schemaRegistryUrl() });
  const subjects = (await (await fetch(`${schemaRegistryUrl()}/subjects`)).json()) as string[];
  t.ok(subjects.includes(`${topology.name}.predictions-value`), 'its own schemas are there as well');
  t.ok(client.name.startsWith('http'));
});

t.test("events of Confluent's Python serializer for JSON Schema, and plain ones among them", async (t) => {
  const topology = scoredTopology('json-schema', 'partitions: 2, format: json(),');
  t.teardown(() => topology.remove());
  const settings = { MILLRACE_SCHEMA_REGISTRY_URL: schemaRegistryUrl() };
  await runUntilCaughtUp(topology, settings); // creates the topic
  python(SERIALIZE_JSON, kafkaBrokers(), schemaRegistryUrl(), topology.name, JSON_SCHEMA, '400');
  const produce = ['produce', topology.file, '--events', topology.eventsFile(400, 500)];
  const produced = await millrace(produce, { MILLRACE_KAFKA_BROKERS: kafkaBrokers() });
  t.equal(produced.code, 0, produced.stderr);
  const { events, predictions, deadLetters } = await runUntilCaughtUp(topology, settings);
  t.same({ events, predictions, deadLetters }, { events: 500, predictions: 500, deadLetters: 0 });
});

t.test('without a registry, an outside producer finds the schema in the file', async (t) => {
  const topology = scoredTopology('framed', 'partitions: 2,');
  t.teardown(() => topology.remove());
  await runUntilCaughtUp(topology, {});
  const file = join(topology.folder, 'data', 'schema-registry.json');
  python(FRAME, kafkaBrokers(), file, topology.name, '300');
  const { events, predictions, deadLetters } = await runUntilCaughtUp(topology, {});
  t.same({ events, predictions, deadLetters }, { events: 300, predictions: 300, deadLetters: 0 });
});
