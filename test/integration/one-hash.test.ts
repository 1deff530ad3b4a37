// The same events in every format and through every door, on a real Kafka with a real registry: Confluent's Python clients for
// Avro, JSON Schema and Protobuf in every codec, HTTP and files. All are predicted alike: one hash over ids and scores.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { untilPredicted } from '../support/counted-predictions.ts';
import { HashedPredictions, type Hashed } from '../support/hashed-predictions.ts';
import { confluentPython } from '../support/python.ts';
import { runEngine } from '../support/running-engine.ts';
import { kafkaBrokers, schemaRegistryUrl } from '../support/services.ts';

t.setTimeout(180_000);

const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];
const EVENTS = 500;
const START_MS = Date.UTC(2026, 0, 1);

const hashed = new HashedPredictions();
t.teardown(() => hashed.close());

/** Event number i; a note every third time. */
function eventOf(i: number): Readonly<Record<string, unknown>> {
  const note = i % 3 === 0 ? { note: `grüße ${i}` } : {};
  return { id: `e-${i}`, card: `c-${i % 17}`, amount: (i % 97) / 7, at: START_MS + i * 1_000, ...note };
}
const events = Array.from({ length: EVENTS }, (_, i) => eventOf(i));

/** @param format of the source, in TypeScript */
function topologyWith(format: string): Promise<Hashed> {
  return hashed.topology({
    schema: '{ id: string, card: string, amount: double, at: timestamp, note: nullable(string) }',
    format,
    features: `{
      fields: { amount: numeric('amount'), note: categorical('note') },
      views: { card: view(['card'], { count: count(over), mean: mean('amount', over) }) },
    }`,
  });
}

/** Each format's events in slices, one for each codec. */
const PRODUCE = `
import json, sys
from confluent_kafka import Producer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.schema_registry.json_schema import JSONSerializer
from confluent_kafka.schema_registry.protobuf import ProtobufSerializer
from confluent_kafka.serialization import MessageField, SerializationContext
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, timestamp_pb2

brokers, url, file, codecs, *topics = sys.argv[1:]
registry = SchemaRegistryClient({'url': url})
events = [json.loads(line) for line in open(file)]
codecs = codecs.split(',')

avro = json.dumps({'type': 'record', 'name': 'Event', 'fields': [
    {'name': 'note', 'type': ['null', 'string'], 'default': None},
    {'name': 'id', 'type': 'string'}, {'name': 'card', 'type': 'string'}, {'name': 'amount', 'type': 'double'},
    {'name': 'at', 'type': {'type': 'long', 'logicalType': 'timestamp-millis'}}]})
schema = json.dumps({'$schema': 'http://json-schema.org/draft-07/schema#', 'title': 'Event', 'type': 'object',
    'properties': {'id': {'type': 'string'}, 'card': {'type': 'string'}, 'amount': {'type': 'number'},
                   'at': {'type': 'integer'}, 'note': {'type': 'string'}}})

Field = descriptor_pb2.FieldDescriptorProto
proto = descriptor_pb2.FileDescriptorProto(name='event.proto', package='shop', syntax='proto3',
                                           dependency=['google/protobuf/timestamp.proto'])
proto.message_type.add(name='Other')
message = proto.message_type.add(name='Event')
for number, (name, kind) in enumerate([('note', Field.TYPE_STRING), ('id', Field.TYPE_STRING), ('card', Field.TYPE_STRING),
                                       ('amount', Field.TYPE_DOUBLE), ('at', Field.TYPE_MESSAGE)], 1):
    field = message.field.add(name=name, number=number, type=kind, label=Field.LABEL_OPTIONAL)
    if kind == Field.TYPE_MESSAGE: field.type_name = '.google.protobuf.Timestamp'
    if name == 'note':
        field.proto3_optional = True
        field.oneof_index = 0
message.oneof_decl.add(name='_note')
pool = descriptor_pool.Default()
pool.Add(proto)
Event = message_factory.GetMessageClass(pool.FindMessageTypeByName('shop.Event'))

def protobuf(event):
    made = Event(**{name: value for name, value in event.items() if name != 'at'})
    made.at.FromMilliseconds(event['at'])
    return made

formats = [(AvroSerializer(registry, avro), dict), (JSONSerializer(schema, registry), dict),
           (ProtobufSerializer(Event, registry, {'use.deprecated.format': False}), protobuf)]
for topic, (serializer, record) in zip(topics, formats):
    context = SerializationContext(topic, MessageField.VALUE)
    for slice, codec in enumerate(codecs):
        producer = Producer({'bootstrap.servers': brokers, 'compression.type': codec, 'linger.ms': 20})
        size = len(events) // len(codecs)
        for event in events[slice * size:(slice + 1) * size]:
            value = serializer(record(event), context)
            if slice == 1: # the frame in a header, as newer serializers write it
                producer.produce(topic, value[5:], headers=[('trace', b'x'), ('__value_schema_id', value[:5])])
            else: producer.produce(topic, value)
        if producer.flush(30) > 0: sys.exit(1)
`;

t.test('every format, codec and door gives the same predictions', async (t) => {
  const eventsFile = join(hashed.folder, 'events.jsonl');
  writeFileSync(eventsFile, events.map((event) => `${JSON.stringify(event)}\n`).join(''));
  const [byAvro, byJson, byProtobuf, byHttp, byFile] = await Promise.all([
    topologyWith('avro()'),
    topologyWith('json()'),
    topologyWith("protobuf({ message: 'shop.Event' })"),
    topologyWith('protobuf()'),
    topologyWith('avro()'),
  ]);
  const topics = [byAvro.name, byJson.name, byProtobuf.name];
  const args = [kafkaBrokers(), schemaRegistryUrl(), eventsFile, CODECS.join(), ...topics];
  const produced = spawnSync(confluentPython(), ['-c', PRODUCE, ...args], { encoding: 'utf8' });
  t.equal(produced.status, 0, produced.stderr);

  const settings = hashed.settings(byHttp.name);
  const engine = await runEngine(['run', byHttp.file], join(hashed.folder, byHttp.name), settings);
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify(events);
  const answer = await fetch(`${engine.url}v1/topics/${byHttp.name}`, { method: 'POST', headers, body });
  t.equal(answer.status, 200, await answer.text());
  await untilPredicted(kafkaBrokers().split(','), byHttp.name, EVENTS);
  await engine.stop();

  await hashed.load(byFile, eventsFile);
  await Promise.all([byAvro, byJson, byProtobuf, byFile].map((one) => hashed.predict(one)));
  const first = await hashed.hashOf(byAvro, EVENTS / 2);
  t.equal(first.count, EVENTS);
  for (const one of [byJson, byProtobuf, byHttp, byFile])
    t.same(await hashed.hashOf(one, EVENTS / 2), first, one.name);
});
