// The schema files of the project and of Millrace itself (control path).
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MillraceError } from '../../core/errors.ts';

/** Schemas of Millrace's own records: one file per kind, used for `<topology>.<kind>-value` of every topology. */
const OWN_SCHEMAS = join(import.meta.dirname, '../../../schemas/millrace');
const VALUE = '-value';

/**
 * Reads `<subject>.<extension>` from the first folder that has it. Without one, falls back to Millrace's own schema of
 * the subject's kind, the word after the last dot: `flights.predictions-value` is schemas/millrace/predictions.avsc.
 * @throws SCHEMA_INVALID if there is no such file
 */
export async function readSchemaFile(
  folders: readonly string[],
  subject: string,
  extension: string,
): Promise<string> {
  const files = folders.map((folder) => join(folder, `${subject}.${extension}`));
  if (subject.endsWith(VALUE)) {
    const kind = subject.slice(subject.lastIndexOf('.') + 1, -VALUE.length);
    files.push(join(OWN_SCHEMAS, `${kind}.${extension}`));
  }
  for (const file of files) {
    const content = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    });
    if (content !== null) return content;
  }
  throw new MillraceError('SCHEMA_INVALID', 'there is no schema file for the subject', {
    where: subject,
    remedy: `Write one of ${files.join(', ')}; or, for a source, name the subject of its schema as source.subject.`,
  });
}
