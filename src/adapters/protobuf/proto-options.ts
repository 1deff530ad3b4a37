// The options of a .proto file (control path): of all of them, features alone decide how bytes are read, and a field's default
// and JSON name what a column gets.
import { create } from '@bufbuild/protobuf';
import {
  EnumOptionsSchema,
  FeatureSet_EnumType,
  FeatureSet_FieldPresence,
  FeatureSet_MessageEncoding,
  FeatureSetSchema,
  FieldOptionsSchema,
  FileOptionsSchema,
  MessageOptionsSchema,
  type EnumOptions,
  type FieldOptions,
  type FileOptions,
  type MessageOptions,
} from '@bufbuild/protobuf/wkt';
import type { ProtoTokens } from './proto-tokens.ts';

/** By name, as it is written; those with a message as their value are left out. */
export type ProtoOptions = Map<string, string>;

/** Reads `name = value` up to `end`, which separates them with commas if it is a bracket. */
export function readOptions(tokens: ProtoTokens, end: ';' | ']', into: ProtoOptions): void {
  do {
    const name = optionName(tokens);
    tokens.expect('=');
    if (tokens.current === '{') skipBraces(tokens);
    else into.set(name, tokens.constant());
  } while (tokens.take(','));
  tokens.expect(end);
}

/** `deprecated`, `(my.option).field`, `features.field_presence`: pieces up to the equals sign. */
function optionName(tokens: ProtoTokens): string {
  let name = '';
  while (tokens.current !== '=') name += tokens.next();
  return name;
}

function skipBraces(tokens: ProtoTokens): void {
  let depth = 0;
  do {
    const token = tokens.next();
    if (token === '{') depth++;
    else if (token === '}') depth--;
  } while (depth > 0);
}

/** The same features as the options of what they may be written at. */
export interface OptionsOf {
  readonly file: FileOptions;
  readonly message: MessageOptions;
  readonly field: FieldOptions;
  readonly enum: EnumOptions;
}

/** Null without features. @throws Error for a value that a feature does not have */
export function featuresOf(options: ProtoOptions): OptionsOf | null {
  if (![...options.keys()].some((name) => name.startsWith('features.'))) return null;
  const fieldPresence = valueOf(options, 'features.field_presence', FeatureSet_FieldPresence);
  const enumType = valueOf(options, 'features.enum_type', FeatureSet_EnumType);
  const messageEncoding = valueOf(options, 'features.message_encoding', FeatureSet_MessageEncoding);
  const features = create(FeatureSetSchema, {
    ...(fieldPresence === null ? {} : { fieldPresence }),
    ...(enumType === null ? {} : { enumType }),
    ...(messageEncoding === null ? {} : { messageEncoding }),
  });
  return {
    file: create(FileOptionsSchema, { features }),
    message: create(MessageOptionsSchema, { features }),
    field: create(FieldOptionsSchema, { features }),
    enum: create(EnumOptionsSchema, { features }),
  };
}

function valueOf<V extends number>(
  options: ProtoOptions,
  name: string,
  values: Readonly<Record<string, V | string>>,
): V | null {
  const text = options.get(name);
  if (text === undefined) return null;
  const value = values[text];
  if (typeof value === 'number') return value;
  throw new Error(`the option ${name} is ${text}`);
}
