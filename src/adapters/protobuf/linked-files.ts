// Descriptors of files that refer to each other (control path): the types by which records are read.
import {
  clone,
  create,
  createFileRegistry,
  fromBinary,
  type DescFile,
  type DescMessage,
} from '@bufbuild/protobuf';
import {
  FieldDescriptorProto_Type as Type,
  file_google_protobuf_any as any,
  file_google_protobuf_duration as duration,
  file_google_protobuf_empty as empty,
  file_google_protobuf_field_mask as fieldMask,
  file_google_protobuf_struct as struct,
  file_google_protobuf_timestamp as timestamp,
  file_google_protobuf_wrappers as wrappers,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
  type DescriptorProto,
  type EnumDescriptorProto,
  type FieldDescriptorProto,
  type FileDescriptorProto,
} from '@bufbuild/protobuf/wkt';
import { parseProto } from './proto-text.ts';

const WELL_KNOWN = [any, duration, empty, fieldMask, struct, timestamp, wrappers];
const WELL_KNOWN_NAMES = new Set(WELL_KNOWN.map(({ proto }) => proto.name));
const BASE64 = /^[A-Za-z0-9+/\s]+={0,2}\s*$/;

/**
 * The file of a schema as registries store it: text, or a descriptor in base64.
 * @throws Error for what is neither
 */
export function parseSchema(text: string): FileDescriptorProto {
  return BASE64.test(text)
    ? fromBinary(FileDescriptorProtoSchema, Buffer.from(text, 'base64'))
    : parseProto(text);
}

/**
 * Links the last file to those before it, each of which comes after the files that it imports, and to Protobuf's own. Types
 * are found by their full names, whatever the imports are called. A field whose type is in none of the files is left out: its
 * bytes are skipped.
 * @throws Error for files that contradict themselves
 */
export function linkedFile(files: readonly FileDescriptorProto[]): DescFile {
  const own = files
    .filter(({ name }) => !WELL_KNOWN_NAMES.has(name))
    .map((file) => clone(FileDescriptorProtoSchema, file));
  const types = new Map<string, Type>();
  for (const file of [...WELL_KNOWN.map(({ proto }) => proto), ...own]) {
    collect(file.messageType, file.enumType, scopeOf(file), types);
  }
  const names = [...WELL_KNOWN_NAMES];
  for (const [index, file] of own.entries()) {
    for (const message of file.messageType) resolveFields(message, `${scopeOf(file)}.${message.name}`, types);
    Object.assign(file, { name: `schema-${index}`, service: [], extension: [], publicDependency: [] });
    Object.assign(file, { weakDependency: [], optionDependency: [], dependency: [...names] });
    names.push(file.name);
  }
  const set = create(FileDescriptorSetSchema, { file: [...WELL_KNOWN.map(({ proto }) => proto), ...own] });
  const found = createFileRegistry(set).getFile(names.at(-1) ?? '');
  if (found === undefined || own.length === 0) throw new Error('there is no file');
  return found;
}

/** The message at these positions: one of the file, one in that, and so on; undefined if there is none. */
export function messageAt(file: DescFile, indexes: readonly number[]): DescMessage | undefined {
  let among: readonly DescMessage[] = file.messages;
  let message: DescMessage | undefined;
  for (const index of indexes) {
    message = among[index];
    among = message?.nestedMessages ?? [];
  }
  return message;
}

/** All messages of a file, with those in others. */
export function messagesOf(file: DescFile): DescMessage[] {
  const nested = (message: DescMessage): DescMessage[] => [
    message,
    ...message.nestedMessages.flatMap(nested),
  ];
  return file.messages.flatMap(nested);
}

function scopeOf(file: FileDescriptorProto): string {
  return file.package === '' ? '' : `.${file.package}`;
}

function collect(
  messages: readonly DescriptorProto[],
  enums: readonly EnumDescriptorProto[],
  scope: string,
  into: Map<string, Type>,
): void {
  for (const { name } of enums) into.set(`${scope}.${name}`, Type.ENUM);
  for (const { name, nestedType, enumType } of messages) {
    into.set(`${scope}.${name}`, Type.MESSAGE);
    collect(nestedType, enumType, `${scope}.${name}`, into);
  }
}

function resolveFields(message: DescriptorProto, scope: string, types: ReadonlyMap<string, Type>): void {
  message.extension = [];
  message.field = message.field.filter((field) => resolve(field, scope, types));
  for (const field of message.field) if (field.jsonName === '') field.jsonName = camelCase(field.name);
  for (const nested of message.nestedType) resolveFields(nested, `${scope}.${nested.name}`, types);
}

/** Gives a field the full name of its type; false if there is none. */
function resolve(field: FieldDescriptorProto, scope: string, types: ReadonlyMap<string, Type>): boolean {
  const { typeName } = field;
  if (typeName === '') return true;
  const name = typeName.startsWith('.') ? typeName : nameIn(scope, typeName, types);
  const type = types.get(name);
  if (type === undefined) return false;
  field.typeName = name;
  if (type === Type.ENUM || field.type !== Type.GROUP) field.type = type;
  return true;
}

/** The innermost scope counts. */
function nameIn(scope: string, name: string, types: ReadonlyMap<string, Type>): string {
  for (let at = scope; at !== ''; at = at.slice(0, at.lastIndexOf('.'))) {
    if (types.has(`${at}.${name}`)) return `${at}.${name}`;
  }
  return `.${name}`;
}

function camelCase(name: string): string {
  return name.replace(/_+(.?)/g, (_all, letter: string) => letter.toUpperCase());
}
