// Writes the columns of an Avro schema as a TypeScript module (control path).
import { readFile, writeFile } from 'node:fs/promises';
import { planColumns, type FieldPlan } from '../../../adapters/avro/column-plan.ts';
import { parseSchema, type SchemaNode } from '../../../adapters/avro/schema-node.ts';
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
  const { json, name, fields } = parsed(file, content);
  return columnsModule(file, { json, name }, fields);
}

function parsed(file: string, content: string): { json: unknown; name: string; fields: FieldPlan[] } {
  let node: SchemaNode;
  let json: unknown;
  try {
    json = JSON.parse(content);
    node = parseSchema(content);
  } catch (cause) {
    throw new MillraceError('SCHEMA_INVALID', `it is no Avro schema: ${messageOf(cause)}`, {
      where: file,
      cause,
    });
  }
  return { json, name: 'name' in node ? node.name : 'Event', fields: planColumns(node, file) };
}
