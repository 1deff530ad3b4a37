// Schemas that refer to schemas of other subjects, two levels deep, on a real registry: Confluent's Python serializers for Avro, JSON
// Schema and Protobuf write them by every strategy of subject names, with keys that are plain or name their schema in front or in a
// header. All are predicted as the same events from a file.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { HashedPredictions, type Hashed } from '../support/hashed-predictions.ts';
import { confluentPython } from '../support/python.ts';
import { kafkaBrokers, schemaRegistryUrl, uniqueName } from '../support/services.ts';

t.setTimeout(180_000);

/** Each strategy with each form of key, several times. */
const EVENTS = 180;
const START_MS = Date.UTC(2026, 0, 1);

const hashed = new HashedPredictions();
t.teardown(() => hashed.close());

function eventOf(i: number): Readonly<Record<string, unknown>> {
  const issuer = { country: ['DE', 'FR', 'NL'][i % 3], rating: (i % 7) / 2 };
  return {
    id: `e-${i}`,
    card: { number: `c-${i % 17}`, issuer },
    acquirer: { country: ['DE', 'ES'][i % 2], rating: (i % 5) / 4 },
    amount: (i % 97) / 7,
    at: START_MS + i * 1_000,
  };
}
const events = Array.from({ length: EVENTS }, (_, i) => eventOf(i));

function topologyWith(format: string): Promise<Hashed> {
  return hashed.topology({
    schema: `{ id: string, 'card.number': string, 'card.issuer.country': string, 'card.issuer.rating': double,
      'acquirer.country': nullable(string), 'acquirer.rating': nullable(double), amount: double, at: timestamp }`,
    format,
    features: `{
      fields: { amount: numeric('amount'), issuer: categorical('card.issuer.country'), rating: numeric('card.issuer.rating'),
        acquirer: categorical('acquirer.country'), other: numeric('acquirer.rating') },
      views: { card: view(['card.number'], { count: count(over), mean: mean('amount', over) }) },
    }`,
  });
}

/** An event refers to its card and to the issuer that the card refers to as well. */
const PRODUCE = `
import json, sys
from confluent_kafka import Producer
from confluent_kafka.schema_registry import Schema, SchemaReference, SchemaRegistryClient
from confluent_kafka.schema_registry import topic_subject_name_strategy as by_topic
from confluent_kafka.schema_registry import record_subject_name_strategy as by_record
from confluent_kafka.schema_registry import topic_record_subject_name_strategy as by_both
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.schema_registry.json_schema import JSONSerializer
from confluent_kafka.schema_registry.protobuf import ProtobufSerializer
from confluent_kafka.serialization import MessageField, SerializationContext
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, timestamp_pb2

brokers, url, tag, file, *topics = sys.argv[1:]
registry = SchemaRegistryClient({'url': url})
events = [json.loads(line) for line in open(file)]
strategies = [by_topic, by_record, by_both]

def register(subject, schema, kind, references):
    registry.register_schema(subject, Schema(json.dumps(schema), kind, references))
    return registry.get_latest_version(subject).version

def avro_schema():
    def record(name, *fields):
        return {'type': 'record', 'name': name, 'namespace': tag, 'fields': [{'name': n, 'type': t} for n, t in fields]}
    issuer, card = tag + '-issuer-avro', tag + '-card-avro'
    version = register(issuer, record('Issuer', ('country', 'string'), ('rating', 'double')), 'AVRO', [])
    to_issuer = SchemaReference(tag + '.Issuer', issuer, version)
    version = register(card, record('Card', ('issuer', tag + '.Issuer'), ('number', 'string')), 'AVRO', [to_issuer])
    to_card = SchemaReference(tag + '.Card', card, version)
    event = record('Event', ('acquirer', ['null', tag + '.Issuer']), ('card', tag + '.Card'), ('id', 'string'),
                   ('amount', 'double'), ('at', {'type': 'long', 'logicalType': 'timestamp-millis'}))
    return Schema(json.dumps(event), 'AVRO', [to_card, to_issuer])

def json_schema():
    def thing(title, **properties):
        return {'$schema': 'http://json-schema.org/draft-07/schema#', 'title': tag + title, 'type': 'object',
                'properties': properties}
    text, number = {'type': 'string'}, {'type': 'number'}
    issuer, card = tag + '-issuer-json', tag + '-card-json'
    version = register(issuer, thing('Issuer', country=text, rating=number), 'JSON', [])
    to_issuer = SchemaReference('issuer.json', issuer, version)
    version = register(card, thing('Card', number=text, issuer={'$ref': 'issuer.json'}), 'JSON', [to_issuer])
    to_card = SchemaReference('card.json', card, version)
    event = thing('Event', id=text, card={'$ref': 'card.json'}, acquirer={'$ref': 'issuer.json'}, amount=number,
                  at={'type': 'integer'})
    return Schema(json.dumps(event), 'JSON', [to_card, to_issuer])

Field = descriptor_pb2.FieldDescriptorProto
pool = descriptor_pool.Default()

def proto(name, message, imports, *fields):
    made = descriptor_pb2.FileDescriptorProto(name=tag + '/' + name, package=tag, syntax='proto3', dependency=imports)
    made.message_type.add(name='Other' + message)
    into = made.message_type.add(name=message)
    for number, (field, kind) in enumerate(fields, 1):
        added = into.field.add(name=field, number=number, label=Field.LABEL_OPTIONAL,
                               type=Field.TYPE_MESSAGE if isinstance(kind, str) else kind)
        if isinstance(kind, str): added.type_name = kind
    pool.Add(made)

proto('issuer.proto', 'Issuer', [], ('country', Field.TYPE_STRING), ('rating', Field.TYPE_DOUBLE))
proto('card.proto', 'Card', [tag + '/issuer.proto'], ('number', Field.TYPE_STRING), ('issuer', '.' + tag + '.Issuer'))
proto('event.proto', 'Event', [tag + '/card.proto', tag + '/issuer.proto', 'google/protobuf/timestamp.proto'],
      ('id', Field.TYPE_STRING), ('card', '.' + tag + '.Card'), ('acquirer', '.' + tag + '.Issuer'),
      ('amount', Field.TYPE_DOUBLE), ('at', '.google.protobuf.Timestamp'))
proto('key.proto', 'Key', [], ('number', Field.TYPE_STRING))
classes = {name: message_factory.GetMessageClass(pool.FindMessageTypeByName(tag + '.' + name)) for name in ('Event', 'Key')}

def message(event):
    made = classes['Event'](id=event['id'], amount=event['amount'], card=event['card'], acquirer=event['acquirer'])
    made.at.FromMilliseconds(event['at'])
    return made

def union(event): return {**event, 'acquirer': (tag + '.Issuer', event['acquirer'])}

key_schema = json.dumps({'$schema': 'http://json-schema.org/draft-07/schema#', 'title': tag + 'Key', 'type': 'string'})
avro, jsons = avro_schema(), json_schema()
formats = [
    (lambda conf: AvroSerializer(registry, avro, conf=conf), union, AvroSerializer(registry, '"string"'), str),
    (lambda conf: JSONSerializer(jsons, registry, conf=conf), dict, JSONSerializer(key_schema, registry), str),
    (lambda conf: ProtobufSerializer(classes['Event'], registry, conf), message,
     ProtobufSerializer(classes['Key'], registry), lambda number: classes['Key'](number=number)),
]
for topic, (serializer, record, key_serializer, key_of) in zip(topics, formats):
    serializers = [serializer({'subject.name.strategy': strategy}) for strategy in strategies]
    producer = Producer({'bootstrap.servers': brokers, 'linger.ms': 20})
    for i, event in enumerate(events):
        value = serializers[i % 3](record(event), SerializationContext(topic, MessageField.VALUE))
        number, headers, form = event['card']['number'], [], i // 3 % 3
        key = number.encode() if form == 0 else key_serializer(key_of(number), SerializationContext(topic, MessageField.KEY))
        if form == 2: key, headers = key[5:], [('__key_schema_id', key[:5])]
        if i % 4 == 3: value, headers = value[5:], headers + [('__value_schema_id', value[:5])]
        producer.produce(topic, value, key=key, headers=headers)
    if producer.flush(30) > 0: sys.exit(1)
subjects = registry.get_subjects()
for topic in topics:
    wanted = [topic + '-value', topic + '-key', topic + '-' + tag]
    for subject in wanted:
        if not any(one.startswith(subject) for one in subjects): sys.exit('no subject ' + subject)
`;

t.test('types of other subjects in each language of schemas', async (t) => {
  const eventsFile = join(hashed.folder, 'events.jsonl');
  writeFileSync(eventsFile, events.map((event) => `${JSON.stringify(event)}\n`).join(''));
  const tag = uniqueName('shop');
  const [byAvro, byJson, byProtobuf, byFile] = await Promise.all([
    topologyWith('avro()'),
    topologyWith('json()'),
    topologyWith(`protobuf({ message: '${tag}.Event' })`),
    topologyWith('json()'),
  ]);
  const topics = [byAvro.name, byJson.name, byProtobuf.name];
  const args = [kafkaBrokers(), schemaRegistryUrl(), tag, eventsFile, ...topics];
  const produced = spawnSync(confluentPython(), ['-c', PRODUCE, ...args], { encoding: 'utf8' });
  t.equal(produced.status, 0, produced.stderr);
  await hashed.load(byFile, eventsFile);
  await Promise.all([byAvro, byJson, byProtobuf, byFile].map((one) => hashed.predict(one)));
  const wanted = await hashed.hashOf(byFile, EVENTS / 2);
  t.equal(wanted.count, EVENTS);
  for (const one of [byAvro, byJson, byProtobuf])
    t.same(await hashed.hashOf(one, EVENTS / 2), wanted, one.name);
});
