// The decoder of a JSON source (control path): the reader that it opens is on the hot path.
import type { Schema } from '../../core/schema.ts';
import type { EventDecoder } from '../../ports/format.ts';
import type { Schemas } from '../../ports/schemas.ts';
import { FramedDecoder } from '../shared/framed-decoder.ts';
import type { RowReader } from '../shared/row-reader.ts';
import { objectTree, type ColumnPlan } from './column-tree.ts';
import { JsonReader } from './columnar-reader.ts';

export interface JsonSource {
  readonly plans: readonly ColumnPlan[];
  readonly schema: Schema;
  /** The column that holds the event time. */
  readonly eventTime: string;
  readonly where: string;
}

/** @throws SCHEMA_INVALID for columns of which one is in another */
export function jsonEventDecoder(source: JsonSource, schemas: Schemas): EventDecoder {
  const { plans, schema, eventTime, where } = source;
  const reader = new JsonReader(plans, objectTree(plans, where), eventTime);
  // Columns are read by their names and types, whatever else the schema says.
  const open = (): RowReader => reader;
  return new FramedDecoder({ language: 'JSON', schema, schemas, open, unframed: reader, ignoresGuids: true });
}
