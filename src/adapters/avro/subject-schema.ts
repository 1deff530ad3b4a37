// The Avro schema of a subject (control path).
import avro from 'avsc';
import { MillraceError, messageOf } from '../../core/errors.ts';
import type { Schemas, SchemaText } from '../../ports/schemas.ts';
import { parseSchema, type SchemaNode } from './schema-node.ts';

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
      this.#type ??= parseType(this.#json);
    } catch (cause) {
      throw unusable(this.subject, cause);
    }
    return this.#type;
  }
}

function unusable(subject: string, cause: unknown): MillraceError {
  return new MillraceError('SCHEMA_INVALID', `the schema file cannot be used: ${messageOf(cause)}`, {
    where: `${subject}.avsc`,
    remedy: 'Write an Avro schema in JSON.',
    cause,
  });
}

/** Reads `<subject>.avsc`. Throws SCHEMA_INVALID. */
export async function readSubject(schemas: Schemas, subject: string): Promise<SubjectSchema> {
  return new SubjectSchema(subject, await schemas.read(subject, 'avsc'));
}

/** The registry's id of a subject's schema. */
export function idOf(schemas: Schemas, { subject, text }: SubjectSchema): Promise<number> {
  return schemas.idOf(subject, { language: 'AVRO', text });
}

/** Logical types stay what they are written as: a timestamp-millis is a number. */
export function parseType(schema: unknown): avro.Type {
  return avro.Type.forSchema(schema as avro.Schema); // avsc checks it
}

/** The type of a registered schema. Throws an Error if it is not an Avro schema that stands alone. */
export function parseRegistered({ language, text }: SchemaText): avro.Type {
  if (language !== 'AVRO') throw new Error(`its language is ${language}`);
  return parseType(JSON.parse(text));
}
