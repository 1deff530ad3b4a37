// Producers whose schemas are other versions of the reader's: whatever Avro's resolution allows, and what it does not.
import type { AvroField, AvroObject, AvroSchema } from '../avro-schema.ts';
import type { WorldRecord } from '../clients/client.ts';
import { eventKinds, timeUnits, type Declaration } from '../declaration.ts';
import type { Chance } from '../random.ts';
import type { Kind } from './kind.ts';
import { EventProducer, PLAIN_ROUTE } from './producer.ts';

type Row = Readonly<Record<string, unknown>>;

/** A writer's schema, and its row of an event in the reader's fields. */
interface Writer {
  readonly schema: AvroObject;
  readonly row: (event: Row) => Row;
}

const ENUM_NAME = 'Kind';

function mapFields(schema: AvroObject, change: (field: AvroField) => AvroField | null): AvroObject {
  const fields = (schema.fields ?? []).map(change).filter((field) => field !== null);
  return { ...schema, fields };
}

function retyped(schema: AvroObject, name: string, type: AvroSchema): AvroObject {
  return mapFields(schema, (field) => (field.name === name ? { name, type } : field));
}

/** Fields of types that the reader does not have, with a value each. */
const extras: ReadonlyArray<readonly [type: AvroSchema, value: unknown]> = [
  ['int', -3],
  ['bytes', Buffer.from([1, 2, 3])],
  [{ type: 'fixed', name: 'Four', size: 4 }, Buffer.alloc(4, 7)],
  [{ type: 'array', items: 'string' }, ['a', 'bc']],
  [
    { type: 'map', values: ['null', 'double'] },
    { a: 1.5, b: null },
  ],
  [{ type: 'record', name: 'Inner', fields: [{ name: 'x', type: ['null', 'long'] }] }, { x: 12n }],
  [{ type: 'enum', name: 'Colour', symbols: ['RED', 'BLUE'] }, 'BLUE'],
  [['null', 'string', 'int'], 5],
  [{ type: 'array', items: { type: 'array', items: 'boolean' } }, [[true], []]],
];

type Change = (writer: Writer, chance: Chance) => Writer;

function shuffled<T>(items: readonly T[], chance: Chance): T[] {
  const left = [...items];
  return items.map(() => left.splice(chance.below(left.length), 1)[0] as T);
}

/** A change of a schema alone. */
const ofSchema =
  (change: (schema: AvroObject, chance: Chance) => AvroObject): Change =>
  ({ schema, row }, chance) => ({ schema: change(schema, chance), row });

/** The row with another value of one field. */
const withValue =
  (name: string, change: (value: unknown) => unknown) =>
  (row: Row): Row => ({ ...row, [name]: change(row[name]) });

function promoting(name: string, type: string): Change {
  return ({ schema, row }) => ({
    schema: retyped(schema, name, type),
    row: (event) => withValue(name, (value) => asType(value ?? 0, type))(row(event)),
  });
}

function asType(value: unknown, type: string): unknown {
  return type === 'int' || type === 'long' ? BigInt(Math.trunc(Number(value))) : Number(value);
}

const changes: readonly Change[] = [
  ofSchema((schema, chance) => ({ ...schema, fields: shuffled(schema.fields ?? [], chance) })),
  ({ schema, row }, chance) => {
    const [type, value] = chance.pick(extras);
    const name = `extra${chance.below(1_000)}`;
    const at = chance.below((schema.fields?.length ?? 0) + 1);
    const fields = (schema.fields ?? []).toSpliced(at, 0, { name, type });
    return { schema: { ...schema, fields }, row: (event) => ({ ...row(event), [name]: value }) };
  },
  ofSchema((schema) => mapFields(schema, (field) => (field.name === 'paid' ? null : field))),
  ofSchema((schema) => mapFields(schema, (field) => (field.name === 'amount' ? null : field))),
  promoting('amount', 'int'),
  promoting('amount', 'long'),
  promoting('amount', 'float'),
  promoting('paid', 'int'),
  ofSchema((schema) => ({ ...schema, namespace: 'other.team' })),
  ofSchema((schema) => ({ ...schema, name: 'PaymentEvent' })),
  ({ schema, row }) => ({
    schema: retyped(schema, 'user', ['string', 'null']),
    // An earlier change may have made it bytes.
    row: (event) =>
      withValue('user', (value) => (Buffer.isBuffer(value) ? value.toString() : value))(row(event)),
  }),
  ofSchema((schema) => retyped(schema, 'id', ['null', 'int', 'string'])),
  ({ schema, row }) => ({
    schema: retyped(schema, 'event', 'string'),
    row: (event) => withValue('event', (value) => value ?? '')(row(event)),
  }),
  ({ schema, row }) => ({
    schema: retyped(schema, 'user', 'bytes'),
    row: (event) =>
      withValue('user', (value) => Buffer.from(typeof value === 'string' ? value : ''))(row(event)),
  }),
  ({ schema, row }, chance) => {
    const { logicalType, perMs } = chance.pick(timeUnits);
    return {
      schema: retyped(schema, 'at', { type: 'long', logicalType }),
      row: (event) => withValue('at', (value) => BigInt(Number(value)) * perMs)(row(event)),
    };
  },
  // Not readable as the reader needs it: every event of that producer fails.
  ofSchema((schema) => mapFields(schema, (field) => (field.name === 'at' ? null : field))),
  ({ schema, row }) => ({
    schema: retyped(schema, 'amount', 'string'),
    row: (event) => ({ ...row(event), amount: '5' }),
  }),
];

/** A reader with an enum, plain types or aliases, which fewer events can be read by. */
function strictReader(declaration: Declaration, chance: Chance): AvroObject {
  let { reader } = declaration;
  if (chance.once(2)) reader = retyped(reader, 'user', 'string');
  if (chance.once(2)) reader = retyped(reader, 'amount', 'double');
  if (chance.once(2)) {
    const symbols = [...eventKinds];
    const fallback = chance.once(2) ? { default: 'withdrawn' } : {};
    reader = retyped(reader, 'kind', {
      type: 'enum',
      name: ENUM_NAME,
      namespace: 'gauntlet',
      symbols,
      ...fallback,
    });
  }
  return reader;
}

/** What producers begin with: every field nullable, and the enum with a symbol that the reader lacks. */
function firstWriter(declaration: Declaration, chance: Chance): Writer {
  const { reader } = declaration;
  const kind = reader.fields?.find(({ name }) => name === 'kind')?.type;
  const isEnum = typeof kind === 'object' && !Array.isArray(kind);
  let schema = mapFields(reader, ({ name, type }) => {
    const isPlain = type === 'string' || type === 'double';
    return { name, type: isPlain ? ['null', type] : type };
  });
  if (isEnum) {
    const symbols = shuffled([...eventKinds, 'refund'], chance);
    schema = retyped(schema, 'kind', { type: 'enum', name: ENUM_NAME, namespace: 'gauntlet', symbols });
  }
  return { schema, row: (event) => event };
}

export const evolution: Kind = {
  name: 'schema evolution',
  tries: "writers' schemas that Avro resolves, or does not",
  declare: (declaration, chance) => ({ ...declaration, reader: strictReader(declaration, chance) }),
  async play(world, chance) {
    const producer = new EventProducer(world, chance);
    const writers = Array.from({ length: 2 + chance.below(4) }, () => {
      let writer = firstWriter(world.declaration, chance);
      for (let count = chance.below(4); count > 0; count--) writer = chance.pick(changes)(writer, chance);
      return { ...writer, id: world.register(writer.schema) };
    });
    const records = Array.from({ length: 60 + chance.below(80) }, (): WorldRecord => {
      const event = producer.stream.next();
      const { id, schema, row } = chance.pick(writers);
      return producer.record(event, id, schema, row({ ...event, at: event.timeMs }));
    });
    await producer.send(records.slice(0, 40), () => PLAIN_ROUTE);
    await world.start();
    await producer.send(records.slice(40), () => PLAIN_ROUTE);
    await world.settle();
  },
};
