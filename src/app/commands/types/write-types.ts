// Writes the columns of an Avro schema as a TypeScript module (control path).
import { readFile, writeFile } from 'node:fs/promises';
import { planColumns } from '../../../adapters/avro/column-plan.ts';
import { parseType } from '../../../adapters/avro/subject-schema.ts';
import { messageOf, MillraceError } from '../../../core/errors.ts';
import { columnsModule } from './columns-module.ts';

/**
 * @param out the file to write; null for standard output
 * @throws SCHEMA_INVALID if the file is no Avro schema, or a field has a type that no column can hold
 */
export async function writeTypes(file: string, out: string | null): Promise<void> {
  const content = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new MillraceError('SCHEMA_INVALID', `the schema cannot be read: ${messageOf(cause)}`, {
      where: file,
      cause,
    });
  });
  const module = typesOf(file, content);
  if (out === null) process.stdout.write(module);
  else await writeFile(out, module);
}

/** The module for a schema. */
export function typesOf(file: string, content: string): string {
  const schema = parsed(file, content);
  return columnsModule(file, schema, planColumns(schema.type, file));
}

function parsed(file: string, content: string): { json: unknown; type: ReturnType<typeof parseType> } {
  try {
    const json: unknown = JSON.parse(content);
    return { json, type: parseType(json) };
  } catch (cause) {
    throw new MillraceError('SCHEMA_INVALID', `it is no Avro schema: ${messageOf(cause)}`, {
      where: file,
      cause,
    });
  }
}
