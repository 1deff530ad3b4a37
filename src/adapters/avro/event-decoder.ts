// The decoder of an Avro source (control path): the readers that it opens are on the hot path.
import type { Columns } from '../../core/columns.ts';
import type { EventDecoder } from '../../ports/format.ts';
import type { SchemaKey, Schemas, SchemaText } from '../../ports/schemas.ts';
import { FramedDecoder } from '../shared/framed-decoder.ts';
import type { RowFault, RowReader } from '../shared/row-reader.ts';
import { planColumns, planDeclared, schemaOf } from './column-plan.ts';
import { ColumnarReader } from './columnar-reader.ts';
import { project } from './projection.ts';
import { resolve } from './resolution.ts';
import { ResolvingReader } from './resolving-reader.ts';
import { isSameLayout } from './same-layout.ts';
import { parseSchema } from './schema-node.ts';
import type { SubjectSchema } from './subject-schema.ts';

/**
 * @param schema the reader's; null if none can be derived from the declared columns
 * @param declared the columns that the topology declares, if the schema is derived from them: they are then found by their
 *   paths in whatever schema a writer has
 * @throws SCHEMA_INVALID, TOPOLOGY_INVALID for a schema that has no such columns
 */
export function avroEventDecoder(
  schema: SubjectSchema | null,
  schemas: Schemas,
  eventTime: string,
  declared: Columns | null = null,
): EventDecoder {
  const own = schema === null ? null : planColumns(schema.node, schema.subject, eventTime);
  const fields = declared === null ? (own ?? []) : planDeclared(declared, eventTime);
  const isOwn = own?.every(({ name }, i) => fields[i]?.name === name) === true;
  const open = ({ language, text, references }: SchemaText, id: SchemaKey): RowReader => {
    if (language !== 'AVRO') throw new Error(`its language is ${language}`);
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
  return new FramedDecoder({ schema: schemaOf(fields), schemas, open, unframed: NOT_FRAMED });
}

const NOT_FRAMED: RowFault = {
  code: 'EVENT_NOT_FRAMED',
  message: 'the bytes do not begin with a zero byte and a schema id',
};
