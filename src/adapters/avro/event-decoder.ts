// The decoder of an Avro source (control path): the readers that it opens are on the hot path.
import type { EventDecoder } from '../../ports/format.ts';
import type { Schemas, SchemaText } from '../../ports/schemas.ts';
import { FramedDecoder } from '../shared/framed-decoder.ts';
import type { RowFault, RowReader } from '../shared/row-reader.ts';
import { planColumns, schemaOf } from './column-plan.ts';
import { ColumnarReader } from './columnar-reader.ts';
import { resolve } from './resolution.ts';
import { ResolvingReader } from './resolving-reader.ts';
import { isSameLayout } from './same-layout.ts';
import { parseSchema } from './schema-node.ts';
import type { SubjectSchema } from './subject-schema.ts';

/**
 * @param eventTime the column that holds the event time
 * @throws SCHEMA_INVALID, TOPOLOGY_INVALID for a schema that has no such columns
 */
export function avroEventDecoder(
  { subject, node }: SubjectSchema,
  schemas: Schemas,
  eventTime: string,
): EventDecoder {
  const fields = planColumns(node, subject, eventTime);
  const isDerived = schemas.isDerived?.(subject) === true;
  const open = ({ language, text, references }: SchemaText, id: number): RowReader => {
    if (language !== 'AVRO') throw new Error(`its language is ${language}`);
    const writer = parseSchema(text, references);
    return isSameLayout(writer, node)
      ? new ColumnarReader(fields)
      : new ResolvingReader(resolve(writer, { node, fields, isDerived }, `schema id ${id}`));
  };
  return new FramedDecoder({ schema: schemaOf(fields), schemas, open, unframed: NOT_FRAMED });
}

const NOT_FRAMED: RowFault = {
  code: 'EVENT_NOT_FRAMED',
  message: 'the bytes do not begin with a zero byte and a schema id',
};
