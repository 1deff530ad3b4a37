// The record key of events whose producer is a file (control path).
import { joinKey } from '../../operators/joined-key.ts';
import type { EventRow } from '../../ports/format.ts';
import { sourceKey } from '../../topology/hops.ts';
import type { Topology } from '../../topology/define.ts';

/**
 * The key that the source declares; else the columns of the topology's first view, as all events of an entity must be in one
 * partition; without a view, the column of the prediction's key; else none.
 */
export function recordKeyOf({ source, features, score }: Topology): readonly string[] {
  const declared = sourceKey(source);
  if (declared !== null) return declared;
  const [view] = Object.values(features?.options.views ?? {});
  if (view !== undefined) return view.key;
  return score === null ? [] : [score.options.key];
}

/** The columns' values, joined as the key of a view is; null if one of them is missing, or there are none. */
export function recordKey(row: EventRow, columns: readonly string[]): Buffer | null {
  const values: string[] = [];
  for (const column of columns) {
    const value = row[column];
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return null;
    values.push(String(typeof value === 'boolean' ? Number(value) : value)); // as the key of a view has it
  }
  return values.length === 0 ? null : Buffer.from(joinKey(values));
}
