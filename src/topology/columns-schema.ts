// Declared columns as the engine sees them (control path).
import { isTextType, requiredType, type Columns, type ColumnType } from '../core/columns.ts';
import { MillraceError } from '../core/errors.ts';
import type { ColumnSpec, Schema } from '../core/schema.ts';

interface Declaring {
  readonly name: string;
  readonly source: { readonly schema?: Columns };
}

/** The engine's view of a column of that type. */
export function columnSpec(column: ColumnType): ColumnSpec {
  const required = requiredType(column);
  const { type, symbols } = column;
  return {
    kind: isTextType(required) ? 'string' : 'number',
    nullable: required !== type,
    ...(symbols === undefined ? {} : { symbols }),
  };
}

/** The engine's view of declared columns. */
export function schemaOf(columns: Columns): Schema {
  return Object.fromEntries(Object.entries(columns).map(([name, type]) => [name, columnSpec(type)]));
}

/**
 * The columns that a topology's source declares.
 * @throws TOPOLOGY_INVALID if it declares none
 */
export function declaredSchema({ name, source }: Declaring): Schema {
  if (source.schema !== undefined) return schemaOf(source.schema);
  throw new MillraceError('TOPOLOGY_INVALID', 'its source declares no columns', {
    where: `topology ${name}`,
    remedy: 'Declare them, source(topic, { schema, eventTime }), or name a schema in a test.',
  });
}
