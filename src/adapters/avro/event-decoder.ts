// The decoder of an Avro source (control path): the readers that it opens are on the hot path.
import type { Columns } from '../../core/columns.ts';
import type { EventDecoder } from '../../ports/format.ts';
import type { SchemaKey, Schemas, SchemaText } from '../../ports/schemas.ts';
import { FramedDecoder } from '../shared/framed-decoder.ts';
import type { RowReader } from '../shared/row-reader.ts';
import { fingerprintOf } from './fingerprint.ts';
import { planColumns, schemaOf } from './column-plan.ts';
import { planDeclared } from './declared-plan.ts';
import { ColumnarReader } from './columnar-reader.ts';
import { project } from './projection.ts';
import { resolve } from './resolution.ts';
import { ResolvingReader } from './resolving-reader.ts';
import { isSameLayout } from './same-layout.ts';
import { SingleObjectReader } from './single-object.ts';
import { parseSchema } from './schema-node.ts';
import type { SubjectSchema } from './subject-schema.ts';

/**
 * @param schema the reader's; null if none can be derived from the declared columns
 * @param declared the columns that the topology declares, if the schema is derived from them: they are then found by their
 *   paths in whatever schema a writer has
 * @param singleObject schemas of records in single-object encoding, besides the reader's
 * @throws SCHEMA_INVALID, TOPOLOGY_INVALID for a schema that has no such columns
 */
export function avroEventDecoder(
  schema: SubjectSchema | null,
  schemas: Schemas,
  eventTime: string,
  declared: Columns | null = null,
  singleObject: readonly SubjectSchema[] = [],
): EventDecoder {
  const own = schema === null ? null : planColumns(schema.node, schema.subject, eventTime);
  const fields = declared === null ? (own ?? []) : planDeclared(declared, eventTime);
  // A long is a number by its schema, the string of its digits where an int64 is declared, and an instant in another unit.
  const isOwn =
    own?.every(({ name, spec }, i) => {
      const field = fields[i];
      return field?.name === name && field.spec.kind === spec.kind && field.epochUnit === null;
    }) === true;
  const open = ({ text, references }: SchemaText, id: SchemaKey): RowReader => {
    const writer = parseSchema(text, references);
    const where = `schema id ${id}`;
    if (schema !== null && own !== null && isOwn && isSameLayout(writer, schema.node))
      return new ColumnarReader(own);
    return new ResolvingReader(
      declared === null && schema !== null
        ? resolve(writer, { node: schema.node, fields }, where)
        : project(writer, fields, where),
    );
  };
  const others = singleObject.map((writer) => [fingerprintOf(writer), readerOf(open, writer)] as const);
  const unframed = new SingleObjectReader(() => new Map([...ownReader(open, schema), ...others]));
  return new FramedDecoder({ language: 'AVRO', schema: schemaOf(fields), schemas, open, unframed });
}

type Open = (writer: SchemaText, id: SchemaKey) => RowReader;

function readerOf(open: Open, { subject, text }: SubjectSchema): RowReader {
  return open({ language: 'AVRO', text }, subject);
}

/** None for a schema without a canonical form: avsc refuses some that records are read by all the same. */
function ownReader(open: Open, schema: SubjectSchema | null): ReadonlyArray<readonly [string, RowReader]> {
  if (schema === null) return [];
  try {
    return [[fingerprintOf(schema), readerOf(open, schema)]];
  } catch {
    return [];
  }
}
