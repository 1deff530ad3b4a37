// The parser of .proto files against protoc, whose descriptors are in test/vectors/protobuf:
// protoc --include_imports --descriptor_set_out=orders.desc orders.proto
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  fromBinary,
  toBinary,
  type DescEnum,
  type DescField,
  type DescFile,
  type DescMessage,
} from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import t from 'tap';
import {
  linkedFile,
  messageAt,
  messagesOf,
  parseSchema,
} from '../../../src/adapters/protobuf/linked-files.ts';
import { parseProto } from '../../../src/adapters/protobuf/proto-text.ts';

const folder = join(import.meta.dirname, '../../vectors/protobuf');
const text = (name: string): string => readFileSync(join(folder, name), 'utf8');
const set = fromBinary(FileDescriptorSetSchema, readFileSync(join(folder, 'orders.desc')));

function shownEnum({ typeName, open, values }: DescEnum): object {
  return { typeName, open, values: values.map(({ name, number }) => [name, number]) };
}

const isGroup = (field: DescField): boolean => field.fieldKind === 'message' && field.delimitedEncoding;

function defaultOf(field: DescField | undefined): unknown {
  return field?.fieldKind === 'scalar' || field?.fieldKind === 'enum' ? field.getDefaultValue() : undefined;
}

function shownField(field: DescField): object {
  return {
    name: field.name,
    jsonName: field.jsonName,
    number: field.number,
    kind: field.fieldKind,
    scalar: field.scalar,
    message: field.message?.typeName,
    enum: field.enum === undefined ? undefined : shownEnum(field.enum),
    presence: field.presence,
    oneof: field.oneof?.name,
    isGroup: isGroup(field),
    mapKey: field.fieldKind === 'map' ? field.mapKey : undefined,
    utf8: field.utf8Validation,
    default: field.proto.defaultValue,
  };
}

function shown({ typeName, fields, nestedEnums, nestedMessages }: DescMessage): object {
  return {
    typeName,
    fields: fields.map(shownField),
    enums: nestedEnums.map(shownEnum),
    messages: nestedMessages.map(shown),
  };
}

const shownFile = (file: DescFile): object[] => file.messages.map(shown);

t.test('messages, fields, enums, options and imports are what protoc makes of them', async (t) => {
  const byProtoc = linkedFile(set.file);
  const byParser = linkedFile([parseProto(text('money.proto')), parseProto(text('orders.proto'))]);
  t.strictSame(shownFile(byParser), shownFile(byProtoc));
  t.equal(messagesOf(byParser).length, 3);
});

t.test('the imported file alone', async (t) => {
  const [money] = set.file.filter(({ name }) => name === 'money.proto');
  const byProtoc = linkedFile([money!]);
  const byParser = linkedFile([parseProto(text('money.proto'))]);
  const rate = (file: DescFile): unknown => defaultOf(messageAt(file, [0, 0])?.fields[0]);
  t.equal(rate(byParser), 0.0015);
  const fields = (file: DescFile): object[] =>
    file.messages[0]!.fields.map((field) => [defaultOf(field), { ...shownField(field), default: '' }]);
  t.strictSame(fields(byParser), fields(byProtoc));
});

t.test('a schema is a text, or a descriptor in base64 with names in any form', async (t) => {
  const parsed = parseProto(
    'syntax = "proto3"; package a; message M { message N {} N n = 1; E e = 2; } enum E { X = 0; }',
  );
  const base64 = Buffer.from(toBinary(FileDescriptorProtoSchema, parsed)).toString('base64');
  const file = linkedFile([parseSchema(base64)]);
  t.match(shownFile(file), [{ fields: [{ message: 'a.M.N' }, { enum: { typeName: 'a.E' } }] }]);
  t.equal(messageAt(file, [0, 0])?.typeName, 'a.M.N');
  t.equal(messageAt(file, [0, 1]), undefined);
  t.equal(messageAt(file, [1]), undefined);
});

t.test('features of editions decide as options do', async (t) => {
  const file = linkedFile([
    parseProto(`edition = "2023"; option features.field_presence = IMPLICIT;
      message M { int32 a = 1; int32 b = 2 [features.field_presence = EXPLICIT]; M c = 3 [features.message_encoding = DELIMITED]; }
      enum E { option features.enum_type = CLOSED; X = 1; }`),
  ]);
  const [message] = file.messages;
  t.same(
    message?.fields.map((field) => [field.presence, isGroup(field)]),
    [
      [2, false],
      [1, false],
      [1, true],
    ],
  );
  t.equal(file.enums[0]?.open, false);
});

t.test('a field whose type is in no file is left out', async (t) => {
  const file = linkedFile([
    parseProto('import "x.proto"; message M { optional x.Y y = 1; optional int32 a = 2; }'),
  ]);
  t.same(
    file.messages[0]?.fields.map(({ name }) => name),
    ['a'],
  );
});

t.test('what is no .proto file is refused, by its line', async (t) => {
  const cases: ReadonlyArray<readonly [text: string, message: string | RegExp]> = [
    ['message', 'line 1 of the text has its end where a name is expected'],
    [
      'syntax = "proto3";\nmessage M {\n  string id = x;\n}',
      "line 3 of the text has 'x' where an integer is expected",
    ],
    ['syntax = "proto4";', 'its syntax is proto4'],
    [
      '{"type":"record"}',
      "line 1 of the text has '{' where a message, an enum or another statement is expected",
    ],
    ['message M { string id = 1', "line 1 of the text has its end where ';' is expected"],
    ['message M { option x = {', 'the text ends too early'],
    ['message M {'.repeat(100_000), 'messages are nested more than 100 deep'],
    [`message M { ${'optional group G = 1 {'.repeat(100_000)}`, 'messages are nested more than 100 deep'],
    ['edition = "2023"; option features.enum_type = 7;', /enum_type is 7/],
  ];
  for (const [proto, message] of cases) t.throws(() => parseProto(proto), { message }, proto.slice(0, 60));
});
