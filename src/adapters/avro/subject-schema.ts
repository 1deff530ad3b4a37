// The Avro schema of a subject (control path).
import avro from 'avsc';
import { MillraceError, messageOf } from '../../core/errors.ts';
import type { Schemas, SchemaText } from '../../ports/schemas.ts';
import { parseSchema, type SchemaNode } from './schema-node.ts';
import { unitOf } from './time-units.ts';

export class SubjectSchema {
  readonly subject: string;
  /** The schema as the registry stores it. */
  readonly text: string;
  /** For reading events. */
  readonly node: SchemaNode;
  readonly #json: unknown;
  #type: avro.Type | null = null;

  /** @throws SCHEMA_INVALID for what is no Avro schema */
  constructor(subject: string, content: string) {
    this.subject = subject;
    try {
      this.#json = JSON.parse(content);
      this.text = JSON.stringify(this.#json);
      this.node = parseSchema(this.text);
    } catch (cause) {
      throw unusable(subject, cause);
    }
  }

  /** For writing records and reading them as objects. @throws SCHEMA_INVALID for what avsc cannot write */
  get type(): avro.Type {
    try {
      this.#type ??= writable(this.#json);
    } catch (cause) {
      throw unusable(this.subject, cause);
    }
    return this.#type;
  }

  /** The same, with longs as bigints. @throws SCHEMA_INVALID for what avsc cannot write */
  get wideType(): avro.Type {
    try {
      return writable(this.#json, true);
    } catch (cause) {
      throw unusable(this.subject, cause);
    }
  }
}

/** avsc refuses defaults that Java takes, such as null for a union that begins with another type: none is then used. */
function writable(json: unknown, isWide = false): avro.Type {
  try {
    return parseType(json, isWide);
  } catch (error) {
    try {
      return parseType(withoutDefaults(json), isWide);
    } catch {
      throw error;
    }
  }
}

function withoutDefaults(json: unknown): unknown {
  return JSON.parse(JSON.stringify(json), function (this: unknown, key: string, value: unknown) {
    return key === 'default' && typeof this === 'object' && this !== null && 'type' in this
      ? undefined
      : value;
  });
}

function unusable(subject: string, cause: unknown): MillraceError {
  return new MillraceError('SCHEMA_INVALID', `the schema file cannot be used: ${messageOf(cause)}`, {
    where: `${subject}.avsc`,
    remedy: 'Write an Avro schema in JSON.',
    cause,
  });
}

/** Reads `<file>.avsc` as the schema of a subject. Throws SCHEMA_INVALID. */
export async function readSubject(
  schemas: Schemas,
  file: string,
  subject: string = file,
): Promise<SubjectSchema> {
  return new SubjectSchema(subject, await schemas.read(file, 'avsc'));
}

/** The registry's id of a subject's schema. */
export function idOf(schemas: Schemas, { subject, text }: SubjectSchema): Promise<number> {
  return schemas.idOf(subject, { language: 'AVRO', text });
}

/** Nanoseconds of the present are beyond 2^53, and so may be ids. */
// oxlint-disable-next-line no-underscore-dangle -- the name that avsc documents
const WIDE = avro.types.LongType.__with({
  toBuffer(value: bigint) {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(value);
    return bytes;
  },
  fromBuffer: (bytes: Buffer) => bytes.readBigInt64LE(),
  fromJSON: BigInt,
  toJSON: String,
  isValid: (value: unknown) => typeof value === 'bigint' && BigInt.asIntN(64, value) === value,
  compare: (a: bigint, b: bigint) => Number(a > b) - Number(a < b),
});

/**
 * Logical types stay what they are written as, a timestamp-millis a number; nanoseconds are bigints.
 * @param isWide whether all longs are
 */
export function parseType(schema: unknown, isWide = false): avro.Type {
  // avsc checks the schema.
  return avro.Type.forSchema(schema as avro.Schema, {
    typeHook: (attributes) => {
      const isObject = typeof attributes === 'object' && 'type' in attributes;
      const isNanos = isObject && unitOf(attributes) === 'ns';
      const isLong = (isObject ? attributes.type : attributes) === 'long';
      return isNanos || (isWide && isLong) ? WIDE : undefined;
    },
  });
}

/** The type of a registered schema. Throws an Error if it is not an Avro schema that stands alone. */
export function parseRegistered({ language, text }: SchemaText): avro.Type {
  if (language !== 'AVRO') throw new Error(`its language is ${language}`);
  return parseType(JSON.parse(text));
}
