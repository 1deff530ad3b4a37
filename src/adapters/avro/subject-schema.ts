// The Avro schema of a subject (control path).
import avro from 'avsc';
import { MillraceError, messageOf } from '../../core/errors.ts';
import type { Schemas, SchemaText } from '../../ports/schemas.ts';

export interface SubjectSchema {
  readonly subject: string;
  /** The schema as the registry stores it. */
  readonly text: string;
  readonly type: avro.Type;
}

/** Reads `<subject>.avsc`. Throws SCHEMA_INVALID. */
export async function readSubject(schemas: Schemas, subject: string): Promise<SubjectSchema> {
  const content = await schemas.read(subject, 'avsc');
  try {
    const schema: unknown = JSON.parse(content);
    return { subject, text: JSON.stringify(schema), type: parseType(schema) };
  } catch (cause) {
    throw new MillraceError('SCHEMA_INVALID', `the schema file cannot be used: ${messageOf(cause)}`, {
      where: `${subject}.avsc`,
      remedy: 'Write an Avro schema in JSON.',
      cause,
    });
  }
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
