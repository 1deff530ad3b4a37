// A .proto file as a descriptor (control path): registries give schemas as text. Messages, enums and what decides how their
// bytes are read; services, extensions and all other options are skipped. Names of types stay as they are written:
// `linkedFiles` resolves them.
// Source: https://protobuf.dev/reference/protobuf/textformat-spec/, https://protobuf.com/docs/language-spec
import { create } from '@bufbuild/protobuf';
import {
  DescriptorProtoSchema,
  EnumDescriptorProtoSchema,
  EnumValueDescriptorProtoSchema,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
  FieldDescriptorProtoSchema,
  FileDescriptorProtoSchema,
  MessageOptionsSchema,
  OneofDescriptorProtoSchema,
  type DescriptorProto,
  type EnumDescriptorProto,
  type FieldDescriptorProto,
  type FileDescriptorProto,
} from '@bufbuild/protobuf/wkt';
import { PROTOBUF_DEPTH_MAX } from '../../core/event-limits.ts';
import { EDITIONS, LABELS, SCALARS } from './proto-keywords.ts';
import { featuresOf, readOptions, type ProtoOptions } from './proto-options.ts';
import { integerOf, ProtoTokens } from './proto-tokens.ts';

/** @throws Error with the line for what is no .proto file */
export function parseProto(text: string): FileDescriptorProto {
  return new ProtoParser(text).file();
}

class ProtoParser {
  readonly #tokens: ProtoTokens;
  readonly #file = create(FileDescriptorProtoSchema, { syntax: 'proto2' });

  constructor(text: string) {
    this.#tokens = new ProtoTokens(text);
  }

  file(): FileDescriptorProto {
    const options: ProtoOptions = new Map();
    const tokens = this.#tokens;
    while (!tokens.isDone) {
      if (tokens.take(';')) continue;
      switch (tokens.current) {
        case 'syntax':
        case 'edition':
          this.#syntax();
          break;
        case 'package':
          tokens.next();
          this.#file.package = tokens.name();
          tokens.expect(';');
          break;
        case 'option':
          tokens.next();
          readOptions(tokens, ';', options);
          break;
        case 'message':
          this.#file.messageType.push(this.#message(0));
          break;
        case 'enum':
          this.#file.enumType.push(this.#enum());
          break;
        case 'import':
          this.#import();
          break;
        case 'service':
        case 'extend':
          tokens.skipStatement();
          break;
        default:
          this.#visibility();
      }
    }
    const features = featuresOf(options);
    if (features !== null) this.#file.options = features.file;
    return this.#file;
  }

  #import(): void {
    const tokens = this.#tokens;
    tokens.next();
    if (!tokens.take('public') && !tokens.take('option')) tokens.take('weak');
    this.#file.dependency.push(tokens.string());
    tokens.expect(';');
  }

  /** `export` or `local`, as editions from 2024 on have them before a type. */
  #visibility(): void {
    if (!this.#tokens.take('export') && !this.#tokens.take('local'))
      throw this.#tokens.unexpected('a message, an enum or another statement');
    if (this.#tokens.current !== 'message' && this.#tokens.current !== 'enum')
      throw this.#tokens.unexpected("'message' or 'enum'");
  }

  #syntax(): void {
    const keyword = this.#tokens.next();
    this.#tokens.expect('=');
    const value = this.#tokens.string();
    this.#tokens.expect(';');
    const edition = EDITIONS[value];
    if (keyword === 'syntax' && (value === 'proto2' || value === 'proto3')) this.#file.syntax = value;
    else if (keyword === 'edition' && edition !== undefined) {
      this.#file.syntax = 'editions';
      this.#file.edition = edition;
    } else throw new Error(`its ${keyword} is ${value}`);
  }

  #message(depth: number): DescriptorProto {
    this.#tokens.expect('message');
    const message = create(DescriptorProtoSchema, { name: this.#tokens.name() });
    this.#body(message, depth);
    return message;
  }

  #body(message: DescriptorProto, depth: number): void {
    if (depth > PROTOBUF_DEPTH_MAX)
      throw new Error(`messages are nested more than ${PROTOBUF_DEPTH_MAX} deep`);
    const tokens = this.#tokens;
    const options: ProtoOptions = new Map();
    tokens.expect('{');
    while (!tokens.take('}')) {
      if (tokens.take(';') || tokens.take('export') || tokens.take('local')) continue;
      switch (tokens.current) {
        case 'message':
          message.nestedType.push(this.#message(depth + 1));
          break;
        case 'enum':
          message.enumType.push(this.#enum());
          break;
        case 'oneof':
          this.#oneof(message, depth);
          break;
        case 'option':
          tokens.next();
          readOptions(tokens, ';', options);
          break;
        case 'extend':
        case 'extensions':
        case 'reserved':
          tokens.skipStatement();
          break;
        default:
          this.#field(message, depth);
      }
    }
    const features = featuresOf(options);
    if (features !== null) message.options = features.message;
  }

  #oneof(message: DescriptorProto, depth: number): void {
    const tokens = this.#tokens;
    tokens.expect('oneof');
    const oneofIndex = message.oneofDecl.length;
    message.oneofDecl.push(create(OneofDescriptorProtoSchema, { name: tokens.name() }));
    tokens.expect('{');
    while (!tokens.take('}')) {
      if (tokens.take(';')) continue;
      if (tokens.current === 'option') tokens.skipStatement();
      else this.#field(message, depth, oneofIndex);
    }
  }

  #field(message: DescriptorProto, depth: number, oneofIndex?: number): void {
    const tokens = this.#tokens;
    const label = LABELS[tokens.current];
    if (label !== undefined) tokens.next();
    if (tokens.take('map')) return this.#map(message, depth);
    const isGroup = tokens.take('group');
    const type = isGroup ? '' : tokens.name();
    const name = tokens.name();
    const isOptional3 = label === Label.OPTIONAL && this.#file.syntax === 'proto3';
    const field = this.#add(message, isGroup ? name.toLowerCase() : name, isGroup ? name : type, label);
    if (isGroup) field.type = Type.GROUP;
    if (isOptional3) field.proto3Optional = true;
    if (oneofIndex !== undefined) field.oneofIndex = oneofIndex;
    if (!isGroup) tokens.expect(';');
    else {
      const group = create(DescriptorProtoSchema, { name });
      this.#body(group, depth + 1);
      message.nestedType.push(group);
    }
  }

  /** Reads the field's number and options. */
  #add(
    message: DescriptorProto,
    name: string,
    type: string,
    label: Label = Label.OPTIONAL,
  ): FieldDescriptorProto {
    this.#tokens.expect('=');
    const scalar = SCALARS[type];
    const field = create(FieldDescriptorProtoSchema, {
      name,
      number: this.#tokens.integer(),
      label,
      type: scalar ?? Type.MESSAGE, // or an enum, which only its name tells
      ...(scalar === undefined ? { typeName: type } : {}),
    });
    const options: ProtoOptions = new Map();
    if (this.#tokens.take('[')) readOptions(this.#tokens, ']', options);
    const fallback = options.get('default');
    if (fallback !== undefined) {
      const isText = field.type === Type.STRING || field.type === Type.BYTES;
      field.defaultValue = isText ? fallback : String(integerOf(fallback) ?? fallback);
    }
    const jsonName = options.get('json_name');
    if (jsonName !== undefined) field.jsonName = jsonName;
    const features = featuresOf(options);
    if (features !== null) field.options = features.field;
    message.field.push(field);
    return field;
  }

  /** A map is a list of entries, messages of a key and a value. */
  #map(message: DescriptorProto, depth: number): void {
    const tokens = this.#tokens;
    tokens.expect('<');
    const key = tokens.name();
    tokens.expect(',');
    const value = tokens.name();
    tokens.expect('>');
    const name = tokens.name();
    const entryName = `${name.replace(/(?:^|_)([a-z])?/g, (_all, letter: string = '') => letter.toUpperCase())}Entry`;
    this.#add(message, name, entryName, Label.REPEATED);
    tokens.expect(';');
    const entry = new ProtoParser(`{ ${key} key = 1; ${value} value = 2; }`);
    const nested = create(DescriptorProtoSchema, { name: entryName });
    entry.#body(nested, depth + 1);
    nested.options = create(MessageOptionsSchema, { mapEntry: true });
    message.nestedType.push(nested);
  }

  #enum(): EnumDescriptorProto {
    const tokens = this.#tokens;
    tokens.expect('enum');
    const found = create(EnumDescriptorProtoSchema, { name: tokens.name() });
    const options: ProtoOptions = new Map();
    tokens.expect('{');
    while (!tokens.take('}')) {
      if (tokens.take(';')) continue;
      if (tokens.current === 'reserved') tokens.skipStatement();
      else if (tokens.take('option')) readOptions(tokens, ';', options);
      else {
        const name = tokens.name();
        tokens.expect('=');
        const number = tokens.integer();
        if (tokens.take('[')) readOptions(tokens, ']', new Map());
        tokens.expect(';');
        found.value.push(create(EnumValueDescriptorProtoSchema, { name, number }));
      }
    }
    const features = featuresOf(options);
    if (features !== null) found.options = features.enum;
    return found;
  }
}
