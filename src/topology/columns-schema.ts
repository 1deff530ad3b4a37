// Declared columns as the engine sees them (control path).
import type { Columns } from '../core/columns.ts';
import { MillraceError } from '../core/errors.ts';
import { schemaOf, type Schema } from '../core/schema.ts';

export { columnSpec, schemaOf } from '../core/schema.ts';

interface Declaring {
  readonly name: string;
  readonly source: { readonly schema?: Columns };
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
