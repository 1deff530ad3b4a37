// The Protobuf format (control path).
import type { Columns } from '../../core/columns.ts';
import { messageOf, MillraceError } from '../../core/errors.ts';
import type { Format, FormatSource } from '../../ports/format.ts';
import type { SchemaText } from '../../ports/schemas.ts';

export interface ProtobufOptions {
  /**
   * The schema of records without a frame: a descriptor set, as `protoc --include_imports --descriptor_set_out` writes it, or a
   * .proto file, whose imports are in its folder. A path is relative to the working directory.
   */
  readonly descriptor?: string | URL;
  /** The message that records are of: `shop.Order`, or `Order`. Required where a descriptor has several. */
  readonly message?: string;
}

/**
 * Protobuf messages, with the columns that the source declares: `source(topic, { schema, format: protobuf() })`. Records in
 * the Confluent wire format are read by the schema of their id, proto2, proto3 or an edition, with what it imports; those
 * without a frame by the descriptor, if one is named.
 *
 * A column is the field of its name, as it is in the .proto file or in JSON; a dotted name is a path through messages. Other
 * fields are skipped.
 *
 * - `string`: a string, or an enum by the names of its values. `enumeration`: the same. `boolean`: a bool.
 * - `double`, `float`, `int`, `long`: any number without loss, and the number of an enum's value; a long is below 2^53.
 * - `int64`: an integer of 64 bits, or text with its digits. `bytes`: bytes.
 * - `decimal`: a number, or text with one. `scaled`: an integer, or text with a number.
 * - `timestamp`: google.protobuf.Timestamp, an integer of milliseconds since 1970, or text as in RFC 3339; `timestampIn`: an
 *   integer, a double or text of its unit.
 * - google.protobuf.Duration is a number of milliseconds; wrappers such as DoubleValue are their value, or null.
 *
 * A field that is not set has its default, unless it tells whether it is set (proto2, `optional`, messages, oneofs): it is then
 * null. Of repeated fields and maps there are columns of lists:
 * `tags`, `items[].price`, `attrs.keys()`, `attrs.values()`. Text that a column holds as something else is null if it is empty.
 * @example source('orders', { schema: { id: string, at: timestamp }, eventTime: 'at', format: protobuf() })
 * @example protobuf({ descriptor: 'schemas/orders.desc', message: 'shop.Order' })
 */
export function protobuf(options: ProtobufOptions = {}): Format {
  const { descriptor, message: name = null } = options;
  return {
    name: 'protobuf',
    async decoder(source: FormatSource) {
      const { protobufEventDecoder, messageOfFile } = await parts();
      const { topic, columns: schema, eventTime, schemas } = source;
      const columns = columnsOf(source);
      const message = descriptor === undefined ? null : await messageOfFile(descriptor, name);
      const parsed = { columns, schema: schema ?? {}, eventTime, message, name };
      try {
        return protobufEventDecoder(parsed, schemas);
      } catch (cause) {
        throw unreadable(cause, `source ${topic}`);
      }
    },
    async register(source: FormatSource) {
      if (descriptor !== undefined) return;
      await source.schemas.idOf(source.subject, await declaredSchema(source));
    },
    async encoder(source: FormatSource) {
      const { ProtobufEventEncoder, messageOfFile, messageOfText } = await parts();
      const columns = columnsOf(source);
      const where = `source ${source.topic}`;
      if (descriptor !== undefined)
        return new ProtobufEventEncoder(await messageOfFile(descriptor, name), columns, null, where);
      const schema = await declaredSchema(source);
      const message = messageOfText(schema.text, where);
      return new ProtobufEventEncoder(
        message,
        columns,
        await source.schemas.idOf(source.subject, schema),
        where,
      );
    },
  };
}

/** The schema that events are written with where no descriptor is named. */
async function declaredSchema(source: FormatSource): Promise<SchemaText> {
  const { protoOf } = await import('./declared-message.ts');
  return { language: 'PROTOBUF', text: protoOf(source.topic, columnsOf(source)) };
}

function columnsOf({ topic, declared }: FormatSource): Columns {
  if (declared !== null) return declared;
  throw new MillraceError('SCHEMA_INVALID', 'the source of Protobuf messages declares no columns', {
    where: `source ${topic}`,
    remedy: 'Declare the columns: source(topic, { schema: { ... }, format: protobuf() }).',
  });
}

function unreadable(cause: unknown, where: string): MillraceError {
  return new MillraceError(
    'SCHEMA_INVALID',
    `the columns cannot be read from Protobuf: ${messageOf(cause)}`,
    {
      where,
      remedy:
        'Name a field of the message, or of one in it by its path, after.amount, and a type that holds its values.',
      cause,
    },
  );
}

/** Loaded on first use: a topology file that names the format needs no Protobuf library. */
async function parts() {
  const [decoder, encoder, message] = await Promise.all([
    import('./event-decoder.ts'),
    import('./event-encoder.ts'),
    import('./source-message.ts'),
  ]);
  return { ...decoder, ...encoder, ...message };
}
