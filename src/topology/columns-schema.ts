// Declared columns as the engine sees them (control path).
import type { Columns, ColumnType } from '../core/columns.ts';
import type { ColumnSpec, Schema } from '../core/schema.ts';

/** The engine's view of a column of that type. */
export function columnSpec({ type, symbols }: ColumnType): ColumnSpec {
  const required = type.replace('?', '');
  return {
    kind: required === 'string' || required === 'enum' ? 'string' : 'number',
    nullable: required !== type,
    ...(symbols === undefined ? {} : { symbols }),
  };
}

/** The engine's view of declared columns. */
export function schemaOf(columns: Columns): Schema {
  return Object.fromEntries(Object.entries(columns).map(([name, type]) => [name, columnSpec(type)]));
}
