// The columns that stages read, checked against those of the source (control path).
import { parseRead } from '../core/columns.ts';
import { MillraceError } from '../core/errors.ts';
import type { ColumnKind, Schema } from '../core/schema.ts';
import type { Stage } from '../operators/stage.ts';
import { schemaOf } from './columns-schema.ts';

interface Definition {
  readonly name: string;
  readonly source: { readonly topic: string };
  readonly stages: readonly Stage[];
}

/**
 * Checks that every column a stage reads is one of the source's or of an earlier stage's, and of the kind that it must be.
 * @throws MillraceError TOPOLOGY_INVALID that lists every column that is not
 */
export function checkColumns(topology: Definition, schema: Schema): void {
  const kinds = new Map<string, ColumnKind>(Object.entries(schema).map(([name, { kind }]) => [name, kind]));
  const unknown: string[] = [];
  const others: string[] = [];
  for (const { id, reads, adds = {} } of topology.stages) {
    for (const { column, kind } of reads.map((read) => parseRead(read))) {
      const is = kinds.get(column);
      if (is === undefined) unknown.push(`stage '${id}' reads '${column}'`);
      else if (kind !== 'any' && kind !== is)
        others.push(`stage '${id}' needs a ${kind}, and '${column}' is a ${is}`);
    }
    for (const [name, { kind }] of Object.entries(schemaOf(adds))) kinds.set(name, kind);
  }
  const problems = [...(unknown.length === 0 ? [] : [`${unknown.join('; ')}: no such column`]), ...others];
  if (problems.length === 0) return;
  throw new MillraceError('TOPOLOGY_INVALID', problems.join('; '), {
    where: `topology ${topology.name}`,
    remedy: `The columns of ${topology.source.topic} are ${Object.keys(schema).join(', ')}.`,
  });
}
