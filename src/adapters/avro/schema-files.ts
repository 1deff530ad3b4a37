// The .avsc files of the project and of Millrace itself (control path).
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import avro from 'avsc';
import { MillraceError, messageOf } from '../../core/errors.ts';

/** Millrace's own records: one schema a kind, registered for `<topology>.<kind>-value` of every topology. */
const OWN_SCHEMAS = join(import.meta.dirname, '../../../schemas/millrace');
const VALUE = '-value';

export interface SubjectSchema {
  readonly subject: string;
  /** The schema as the registry keeps it. */
  readonly text: string;
  readonly type: avro.Type;
}

/**
 * Looks for `<subject>.avsc` in each folder in turn, then for Millrace's own schema of the subject's kind, the word
 * after the last dot: flights.predictions-value is schemas/millrace/predictions.avsc. Throws SCHEMA_INVALID.
 */
export async function readSubject(folders: readonly string[], subject: string): Promise<SubjectSchema> {
  const files = folders.map((folder) => join(folder, `${subject}.avsc`));
  if (subject.endsWith(VALUE)) {
    const kind = subject.slice(subject.lastIndexOf('.') + 1, -VALUE.length);
    files.push(join(OWN_SCHEMAS, `${kind}.avsc`));
  }
  for (const file of files) {
    const content = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    });
    if (content !== null) return parseSubject(subject, content, file);
  }
  throw new MillraceError('SCHEMA_INVALID', 'there is no schema file for the subject', {
    where: subject,
    remedy: `Write one of ${files.join(', ')}; or, for a source, name the subject of its schema as source.subject.`,
  });
}

function parseSubject(subject: string, content: string, file: string): SubjectSchema {
  try {
    const schema: unknown = JSON.parse(content);
    return { subject, text: JSON.stringify(schema), type: parseType(schema) };
  } catch (cause) {
    throw new MillraceError('SCHEMA_INVALID', `the schema file cannot be used: ${messageOf(cause)}`, {
      where: file,
      remedy: 'Write an Avro schema in JSON.',
      cause,
    });
  }
}

/** Logical types stay what they are written as: a timestamp-millis is a number. */
export function parseType(schema: unknown): avro.Type {
  return avro.Type.forSchema(schema as avro.Schema); // avsc checks it
}
