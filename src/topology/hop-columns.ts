// The columns of a hop's topic (control path).
import { schemaOf } from './columns-schema.ts';
import { isListKind, type ColumnSpec, type Schema } from '../core/schema.ts';
import type { Topology } from './definition.ts';
import { visibleSchema } from './sensitive-columns.ts';

/** Event time, then what the views of a hop read. */
export function hopColumns(eventTime: string, columns: readonly string[]): string[] {
  return [eventTime, ...columns.filter((column) => column !== eventTime)];
}

/**
 * What a part that reads the topic of a hop finds there: columns as they are before the features stage. Anything may be null.
 * @param front the part that sends the events
 * @param schema of the source, before sensitive columns are treated
 */
export function hopSchema(
  { source, stages }: Pick<Topology, 'source' | 'stages'>,
  schema: Schema,
  columns: readonly string[],
): Schema {
  const known = new Map(Object.entries(visibleSchema(schema, source)));
  for (const { adds = {} } of stages)
    for (const [name, spec] of Object.entries(schemaOf(adds))) known.set(name, spec);
  if (source.entity !== undefined) known.set(source.entity, { kind: 'string', nullable: true });
  return Object.fromEntries(
    hopColumns(source.eventTime, columns).flatMap((name): Array<[string, ColumnSpec]> => {
      const spec = known.get(name);
      if (spec === undefined) return [];
      const { kind } = spec;
      const nullableItems = isListKind(kind) ? { nullableItems: true } : {};
      return [[name, { kind, nullable: name !== source.eventTime, ...nullableItems }]];
    }),
  );
}
